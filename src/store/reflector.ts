/**
 * Keeps up with all objects of a kind: lists, watches with bookmarks, goes on after a broken connection from the last
 * version seen, and lists again when the server no longer knows that version.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Reads } from "./any-version.ts";
import { StoreError } from "./error.ts";
import { type KubeObject, keyOf, type ResourceType } from "./object.ts";
import type { ListOptions, WatchEvent } from "./store.ts";

export interface Delta<T extends KubeObject> {
  type: "upsert" | "delete";
  /** `namespace/name`, or `name`. */
  key: string;
  object: T;
}

export interface ReflectHandler<T extends KubeObject> {
  /** Once, with all objects there are. A kind that the server does not have counts as one without objects. */
  sync(objects: readonly T[]): void;
  /** The changes of one turn of the event loop, at most one per object. */
  change(deltas: readonly Delta<T>[]): void;
  /** Something failed and is tried again: to log, or to tell in a status. Of a kind that is not there: told once. */
  trouble?(error: unknown, retryMs: number): void;
}

/** A definition may come at any moment, and to ask for it costs nearly nothing. */
const ABSENT_RETRY_MS = 2_000;
/** A server that is just starting may not know yet what it has. After so many times it is believed. */
const BELIEVED_ABSENT = 3;

export interface ReflectOptions extends ListOptions {
  /** First and longest pause between attempts. Defaults: 100 ms and 30 s, each doubled from the one before. */
  retryMs?: number;
  longestRetryMs?: number;
  /**
   * A watch without any sign of life for so long counts as stalled and is begun anew. Default 150 s: servers send a
   * bookmark about every minute.
   */
  stallMs?: number;
}

/** Resolves when `signal` aborts; never rejects. */
export async function reflect<T extends KubeObject>(
  store: Reads,
  type: ResourceType,
  options: ReflectOptions,
  handler: ReflectHandler<T>,
  signal: AbortSignal,
): Promise<void> {
  const { retryMs = 100, longestRetryMs = 30_000, stallMs = 150_000, ...selection } = options;
  const mirror = new Mirror(handler);
  let version: string | undefined;
  let failures = 0;
  let absences = 0;
  while (!signal.aborted) {
    let seen = 0;
    let problem: unknown;
    let expired = false;
    try {
      if (version === undefined) {
        const list = await store.list<T>(type, selection);
        if (signal.aborted) break;
        version = list.resourceVersion;
        absences = 0;
        mirror.replace(list.items);
      }
      const quiet = new Stall(stallMs, signal);
      try {
        const watch = store.watch<T>(type, { ...selection, resourceVersion: version, signal: quiet.signal });
        for await (const event of watch) {
          if (signal.aborted) break;
          quiet.alive();
          seen++;
          failures = 0;
          version = mirror.take(event);
        }
      } finally {
        quiet.end();
      }
    } catch (error) {
      problem = error;
      expired = error instanceof StoreError && error.reason === "Expired";
      if (expired) version = undefined;
      if (error instanceof StoreError && error.reason === "NotFound") {
        version = undefined;
        absences++;
        if (absences === BELIEVED_ABSENT) mirror.replace([]);
        else mirror.begin();
      }
    }
    // A watch that had something to say and ended is simply begun again.
    if (signal.aborted || (problem === undefined && seen > 0)) continue;
    const longest = absences > 0 ? Math.min(longestRetryMs, ABSENT_RETRY_MS) : longestRetryMs;
    const pause = Math.min(retryMs * 2 ** failures++, longest) * (0.5 + Math.random());
    if (problem !== undefined && !expired && absences < 2) handler.trouble?.(problem, pause);
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
  mirror.stop();
}

/** What the handler knows, and what it is about to be told. */
class Mirror<T extends KubeObject> {
  readonly #handler: ReflectHandler<T>;
  readonly #known = new Map<string, T>();
  #synced = false;
  #pending = new Map<string, Delta<T>>();
  #flush: NodeJS.Immediate | undefined;

  constructor(handler: ReflectHandler<T>) {
    this.#handler = handler;
  }

  /** Nothing is there yet. */
  begin(): void {
    if (!this.#synced) this.replace([]);
  }

  /** A new list: the first is handed over whole, of later ones only what differs. */
  replace(objects: readonly T[]): void {
    if (!this.#synced) {
      this.#synced = true;
      for (const object of objects) this.#known.set(keyOf(object), object);
      this.#handler.sync(objects);
      return;
    }
    const now = new Set<string>();
    for (const object of objects) {
      const key = keyOf(object);
      now.add(key);
      const { resourceVersion, uid } = this.#known.get(key)?.metadata ?? {};
      const same = resourceVersion === object.metadata.resourceVersion && uid === object.metadata.uid;
      if (!same) this.#note("upsert", key, object);
    }
    for (const [key, object] of this.#known) if (!now.has(key)) this.#note("delete", key, object);
  }

  /** Takes an event and returns the version that it brings. */
  take(event: WatchEvent<T>): string {
    if (event.type === "BOOKMARK") return event.resourceVersion;
    this.#note(event.type === "DELETED" ? "delete" : "upsert", keyOf(event.object), event.object);
    return event.object.metadata.resourceVersion ?? "";
  }

  stop(): void {
    clearImmediate(this.#flush);
    this.#pending.clear();
  }

  #note(type: Delta<T>["type"], key: string, object: T): void {
    if (type === "upsert") this.#known.set(key, object);
    else this.#known.delete(key);
    this.#pending.set(key, { type, key, object });
    this.#flush ??= setImmediate(() => {
      const deltas = [...this.#pending.values()];
      this.#pending = new Map();
      this.#flush = undefined;
      this.#handler.change(deltas);
    });
  }
}

/** Aborts with its parent, or when there was no sign of life for a while. */
class Stall {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #parent: AbortSignal;
  readonly #onAbort = (): void => this.#abort.abort();

  constructor(ms: number, parent: AbortSignal) {
    this.#parent = parent;
    this.#timer = setTimeout(() => this.#abort.abort(), ms);
    this.#timer.unref();
    parent.addEventListener("abort", this.#onAbort, { once: true });
    if (parent.aborted) this.#abort.abort();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  alive(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener("abort", this.#onAbort);
  }
}
