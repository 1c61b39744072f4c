import type { Resource, TypeUrl } from "../envoy/resource.ts";
import type { ObjectRef } from "../mesh/model.ts";
import { Names } from "./names.ts";

/** A name that a proxy should have something under: pushed to it, asked for by it, or both. */
export interface Want {
  pushed: boolean;
  asked: boolean;
  /** The name of the resource last found under it: another one when the name is an alias. */
  resource: string;
  /** Whether `used` was called for it. */
  reported: boolean;
}

/** What a proxy has under a resource's name, as far as we know. */
export interface Held {
  /** Sent last, or what the proxy said it had when it connected. */
  version: string;
  /** Accepted last: what it has in force while a newer one is unanswered or rejected. */
  good: string | undefined;
}

/** What Envoy said no to. Kept until the resource changes to something that it accepts. */
export interface Rejection {
  name: string;
  version: string;
  message: string;
  origins: readonly ObjectRef[];
  /** Unix milliseconds. */
  at: number;
}

export interface Item {
  /** The name under which it was wanted. */
  want: string;
  resource: Resource;
  aliases: string[];
  /** Stands for something that does not exist, or that the proxy rejected. */
  stub?: true;
}

/** A response that is not answered yet. */
export interface Sent {
  items: readonly Item[];
  removed: readonly string[];
}

/**
 * Why a name is looked at.
 * - `changed`: sent when it differs from what the proxy has.
 * - `asked`: answered in any case; Envoy waits for it.
 * - `resumed`: asked on an earlier stream, perhaps not answered there.
 */
export type Reason = "changed" | "asked" | "resumed";

/** One proxy's interest in one type of resource on one stream: what it should have, and what it has. */
export class Subscription {
  readonly type: TypeUrl;
  /** Gets what its view pushes, whatever it is called. */
  wildcard = false;
  readonly asked = new Set<string>();
  /** The names that came into `wants` because the view pushes them; undefined outside of a wildcard. */
  pushed: ReadonlyMap<string, string> | undefined;
  /** Of the view from which the keys of the names asked for were taken. */
  scope: string | undefined;
  push: ReadonlyMap<string, string> | undefined;
  readonly wants = new Map<string, Want>();
  readonly names = new Names();
  readonly held = new Map<string, Held>();
  readonly rejected = new Map<string, Rejection>();
  readonly pending = new Map<string, Reason>();
  /** Parts of a rejected response, to be sent apart from each other. */
  retries: string[][] = [];
  /** What may have to go, and the time until which it stays. */
  readonly leaving = new Map<string, number>();
  readonly inflight = new Map<string, Sent>();
  /** A first request waits for an answer even when there is nothing to send. */
  mustAnswer = false;
  lastNack: { message: string; names: readonly string[]; at: number } | undefined;
  readonly counters = { messages: 0, bytes: 0, resources: 0, removed: 0, acks: 0, nacks: 0 };
  /** Unix milliseconds. */
  lastSentAt: number | undefined;
  lastAnswerAt: number | undefined;
  /** Whether what the proxy said it had was compared with what it should have. */
  #swept = false;

  constructor(type: TypeUrl) {
    this.type = type;
  }

  /** Takes the first request of a stream: what the proxy has from an earlier one spares sending it. */
  open(versions: Readonly<Record<string, string>>, wildcard: boolean): void {
    for (const [name, version] of Object.entries(versions)) this.held.set(name, { version, good: version });
    this.wildcard = wildcard;
    this.mustAnswer = this.held.size === 0;
  }

  /** Once per stream: what the proxy brought along and should no longer have leaves. */
  sweep(leavesAt: number, isPlaceholder: (version: string) => boolean): void {
    if (this.#swept) return;
    this.#swept = true;
    if (!this.wildcard || this.held.size === 0) return;
    const should = new Set<string>(this.wants.keys());
    for (const want of this.wants.values()) should.add(want.resource);
    for (const [name, { version }] of this.held) {
      if (!should.has(name) && !isPlaceholder(version)) this.leaving.set(name, leavesAt);
    }
  }

  /** A name looked at twice is answered if one of them asks for that. */
  mark(name: string, reason: Reason): void {
    if (reason !== "changed" || !this.pending.has(name)) this.pending.set(name, reason);
  }

  /** Makes a name wanted, or changes why it is. */
  want(name: string, key: string, why: { pushed: boolean; asked: boolean }): boolean {
    const want = this.wants.get(name);
    if (want) Object.assign(want, why);
    else this.wants.set(name, { ...why, resource: name, reported: false });
    return this.names.set(name, key) || want === undefined;
  }

  /** Forgets a name. What was sent under it leaves, unless another name stands for the same. */
  drop(name: string, leavesAt: number): void {
    const want = this.wants.get(name);
    const key = this.names.keyOf(name);
    if (!want || key === undefined) return;
    this.wants.delete(name);
    this.names.delete(name);
    this.pending.delete(name);
    const shared = !this.names.namesOf(key)[Symbol.iterator]().next().done;
    if (shared) return;
    this.rejected.delete(want.resource);
    if (this.held.has(want.resource)) this.leaving.set(want.resource, leavesAt);
  }

  /** The proxy no longer has it, by its own doing. */
  forget(resource: string): void {
    this.leaving.delete(resource);
    this.held.delete(resource);
  }

  record(nonce: string, sent: Sent): void {
    this.mustAnswer = false;
    this.lastSentAt = Date.now();
    for (const { resource } of sent.items) {
      const good = this.held.get(resource.name)?.good;
      this.held.set(resource.name, { version: resource.version, good });
    }
    for (const name of sent.removed) this.held.delete(name);
    this.inflight.set(nonce, sent);
  }

  /** Takes Envoy's yes. */
  accept(nonce: string): void {
    const sent = this.inflight.get(nonce);
    if (!sent) return;
    this.inflight.delete(nonce);
    for (const { resource, stub } of sent.items) {
      const held = this.held.get(resource.name);
      if (held) held.good = resource.version;
      if (!stub) this.rejected.delete(resource.name);
    }
    if (this.rejected.size === 0) this.lastNack = undefined;
  }
}
