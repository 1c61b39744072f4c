import type { DeltaDiscoveryRequest } from "#envoy/service/discovery/v3/discovery_pb.js";
import type { Resource, TypeUrl } from "../envoy/resource.ts";
import type { Peer, ResourceSource, View } from "../envoy/resource-source.ts";
import { CLUSTER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../envoy/types.ts";
import { absence, isAbsentVersion } from "./absent.ts";
import { Alarm } from "./alarm.ts";
import type { Interest } from "./interest.ts";
import { look } from "./look.ts";
import { type Nack, reject } from "./nack.ts";
import { rank } from "./order.ts";
import { Readiness } from "./readiness.ts";
import { type Item, type Reason, Subscription } from "./subscription.ts";
import { VirtualHosts } from "./virtual-hosts.ts";
import { Warming } from "./warming.ts";
import { encodeResponse, resourceEntry } from "./wire.ts";

/** The stream as the session sees it. `done` is called when the bytes have left. */
export interface Wire {
  write(frame: Buffer, done: () => void): void;
  close(code: number, details: string): void;
}

/** One response as it was sent: for counters, tests and logs. */
export interface SentReport {
  proxy: string;
  type: TypeUrl;
  names: readonly string[];
  removed: readonly string[];
  bytes: number;
}

export interface SessionContext {
  source: ResourceSource;
  interest: Interest<Session>;
  /** How long a pushed cluster stays after it left the view: requests that chose it a moment ago may still need it. */
  lingerMs: number;
  /** How long routes wait at most for new clusters to be ready. */
  warmingMs: number;
  /** Asks for `flush` soon. */
  schedule(session: Session): void;
  onNack(nack: Nack): void;
  onResolved(): void;
  onSent(report: SentReport): void;
}

/** Unsent bytes above which a proxy gets no more: what changes meanwhile is sent once, in its last state. */
const UNSENT_LIMIT = 256 * 1024;

const NOTHING: ReadonlyMap<string, string> = new Map();

/** One proxy on one stream: what it asked for, what it should have, what it has, and the difference as responses. */
export class Session {
  readonly proxy: Peer;
  /** Unix milliseconds. */
  readonly connectedAt = Date.now();
  readonly subscriptions = new Map<TypeUrl, Subscription>();
  readonly #context: SessionContext;
  readonly #wire: Wire;
  readonly #warming: Warming;
  readonly #alarm: Alarm;
  readonly #virtualHosts = new VirtualHosts(this.subscriptions);
  readonly #readiness: Readiness;
  #view: View | undefined;
  #nonce = 0;
  #unsent = 0;
  #rejections = 0;
  #closed = false;

  constructor(proxy: Peer, wire: Wire, context: SessionContext) {
    this.proxy = proxy;
    this.#wire = wire;
    this.#context = context;
    this.#warming = new Warming(context.warmingMs);
    this.#alarm = new Alarm(() => context.schedule(this));
    this.#readiness = new Readiness(context.source, this.#warming, this.#virtualHosts, this.#alarm);
  }

  /** Undefined while the proxy's workload is not known. */
  get view(): View | undefined {
    return this.#view;
  }

  receive(request: DeltaDiscoveryRequest): void {
    if (this.#closed) return;
    const known = this.subscriptions.get(request.typeUrl);
    const subscription = known ?? new Subscription(request.typeUrl);
    if (!known) {
      this.subscriptions.set(request.typeUrl, subscription);
      subscription.open(request.initialResourceVersions, request.resourceNamesSubscribe.length === 0);
      if (request.typeUrl === VIRTUAL_HOST && this.proxy.type === "sidecar") this.#keepHosts(subscription);
    } else if (request.responseNonce !== "") this.#answered(subscription, request);
    for (const name of request.resourceNamesSubscribe) this.#subscribe(subscription, name, !known);
    for (const name of request.resourceNamesUnsubscribe) this.#unsubscribe(subscription, name);
    if (this.#view && (!known || subscription.wildcard !== (subscription.pushed !== undefined))) {
      this.#reconcile(subscription, this.#view);
    } else this.#settle(subscription);
    this.#reportUses(subscription, known ? request.resourceNamesSubscribe : subscription.asked);
    this.#context.schedule(this);
  }

  /** Takes the view that the proxy has now; nothing is sent before there is one. */
  adopt(view: View | undefined): void {
    if (view === undefined || this.#closed) return;
    const first = this.#view === undefined;
    this.#view = view;
    for (const subscription of this.subscriptions.values()) {
      // Rows that come into use may change the view, so that this is called again within: the newest counts.
      this.#reconcile(subscription, this.#view);
      if (first) this.#reportUses(subscription, subscription.asked);
    }
    this.#context.schedule(this);
  }

  rowChanged(type: TypeUrl, key: string): void {
    const subscription = this.subscriptions.get(type);
    if (!subscription) return;
    for (const name of subscription.names.namesOf(key)) subscription.mark(name, "changed");
    this.#context.schedule(this);
  }

  /** Sends what is to be sent, as far as the proxy takes it. */
  flush(): void {
    if (this.#closed || !this.#view) return;
    const subscriptions = [...this.subscriptions.values()].sort((a, b) => rank(a.type) - rank(b.type));
    this.#sendAll(subscriptions);
    const rejections = subscriptions.reduce((sum, { rejected }) => sum + rejected.size, 0);
    if (rejections < this.#rejections) this.#context.onResolved();
    this.#rejections = rejections;
  }

  #sendAll(subscriptions: Subscription[]): void {
    for (const subscription of subscriptions) {
      if (this.#unsent > UNSENT_LIMIT) return;
      this.#sendUpdates(subscription);
    }
    if (subscriptions.some((subscription) => this.#busy(subscription))) return;
    for (const subscription of subscriptions.reverse()) {
      if (this.#unsent > UNSENT_LIMIT) return;
      this.#sendRemovals(subscription);
    }
  }

  /** Everything that the proxy should have was sent and accepted. */
  synced(subscription: Subscription): boolean {
    const { retries, inflight, rejected, mustAnswer } = subscription;
    if (!this.#view || mustAnswer || retries.length > 0 || inflight.size > 0 || rejected.size > 0) return false;
    return !this.#readiness.any(subscription);
  }

  /** Nothing is on its way to the proxy or waits for being sent. */
  get quiet(): boolean {
    return [...this.subscriptions.values()].every(
      (subscription) => subscription.inflight.size === 0 && !this.#busy(subscription),
    );
  }

  close(code: number, details: string): void {
    if (this.#closed) return;
    this.forget();
    this.#wire.close(code, details);
  }

  /** Lets go of everything; the stream is gone or goes. */
  forget(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alarm.clear();
    for (const { type, names } of this.subscriptions.values()) {
      this.#context.interest.remove(type, new Set(names.keys()), this);
    }
  }

  #answered(subscription: Subscription, request: DeltaDiscoveryRequest): void {
    const { responseNonce: nonce, errorDetail } = request;
    subscription.lastAnswerAt = Date.now();
    if (errorDetail) {
      subscription.counters.nacks++;
      const nack = reject(subscription, nonce, errorDetail.message);
      if (nack) this.#context.onNack({ proxy: this.proxy, type: subscription.type, ...nack });
    } else {
      subscription.counters.acks++;
      subscription.accept(nonce);
    }
    if (subscription.type === CLUSTER && subscription.inflight.size === 0) this.#warming.answered();
  }

  /**
   * The virtual hosts that a sidecar brings along are those that its workload uses, whether it asked for them or they
   * were pushed for a sibling's sake. After a restart we would not know: so they count as asked for.
   */
  #keepHosts(subscription: Subscription): void {
    for (const [name, { version }] of subscription.held) if (!isAbsentVersion(version)) subscription.asked.add(name);
  }

  #subscribe(subscription: Subscription, name: string, first: boolean): void {
    if (name === "*") {
      subscription.wildcard = true;
      return;
    }
    subscription.asked.add(name);
    subscription.mark(name, this.#reason(subscription, name, first));
    if (this.#view && !first) this.#wantAsked(subscription, name, this.#view);
  }

  #reason(subscription: Subscription, name: string, first: boolean): Reason {
    // Pushed along with a route, a cluster is asked for while it warms: the request goes on when it is warm.
    if (subscription.type === CLUSTER && subscription.held.has(name)) return "changed";
    if (!first || subscription.held.size === 0) return "asked";
    if (!subscription.held.has(name)) return "resumed";
    return subscription.type === LOAD_ASSIGNMENT && this.#warming.waitsFor(name) ? "asked" : "changed";
  }

  #unsubscribe(subscription: Subscription, name: string): void {
    if (name === "*") {
      subscription.wildcard = false;
      return;
    }
    subscription.asked.delete(name);
    const want = subscription.wants.get(name);
    if (want?.pushed) {
      want.asked = false;
      subscription.mark(name, "changed");
    } else {
      subscription.drop(name, this.#leavesAt(subscription.type));
      // Outside of a wildcard Envoy forgets by itself what it no longer asks for.
      if (want && !subscription.wildcard) subscription.forget(want.resource);
    }
    if (subscription.type === ROUTE_CONFIGURATION) this.#virtualHosts.forget(name);
  }

  /** Makes the names wanted what the view pushes and the proxy asks for. */
  #reconcile(subscription: Subscription, view: View): void {
    const before = subscription.pushed ?? NOTHING;
    const after = subscription.wildcard ? (view.push.get(subscription.type) ?? NOTHING) : undefined;
    subscription.pushed = after;
    if (before !== after) {
      for (const name of before.keys()) {
        if (after?.has(name) || subscription.asked.has(name)) continue;
        subscription.drop(name, this.#leavesAt(subscription.type));
      }
      for (const [name, key] of after ?? NOTHING) {
        if (before.get(name) === key) continue;
        const asked = subscription.asked.has(name);
        if (subscription.want(name, key, { pushed: true, asked })) subscription.mark(name, "changed");
      }
    }
    // What a name that is asked for stands for depends on these two alone.
    const push = view.push.get(subscription.type);
    if (subscription.scope !== view.scope || subscription.push !== push) {
      subscription.scope = view.scope;
      subscription.push = push;
      for (const name of subscription.asked) this.#wantAsked(subscription, name, view);
    }
    this.#settle(subscription);
  }

  #wantAsked(subscription: Subscription, name: string, view: View): void {
    const pushed = view.push.get(subscription.type)?.get(name);
    const key = pushed ?? this.#context.source.keyOf(view, subscription.type, name);
    const anew = subscription.pending.get(name) === "asked";
    this.#context.source.claim(subscription.type, key, anew ? undefined : subscription.held.get(name)?.version);
    const why = { pushed: pushed !== undefined && subscription.wildcard, asked: true };
    if (subscription.want(name, key, why)) subscription.mark(name, "changed");
  }

  #settle({ type, names }: Subscription): void {
    const { gained, lost } = names.take();
    this.#context.interest.add(type, gained, this);
    this.#context.interest.remove(type, lost, this);
  }

  #sendUpdates(subscription: Subscription): void {
    const retries = subscription.retries;
    subscription.retries = [];
    for (const group of retries) this.#sendNames(subscription, group, () => "asked");
    this.#sendNames(subscription, this.#readiness.ready(subscription), (name) => subscription.pending.get(name));
  }

  #sendNames(
    subscription: Subscription,
    names: Iterable<string>,
    reasonOf: (name: string) => Reason | undefined,
  ): void {
    const items = new Map<string, Item>();
    const removed: string[] = [];
    for (const name of names) {
      const reason = reasonOf(name) ?? "changed";
      subscription.pending.delete(name);
      const found = look(subscription, name, reason, this.#row(subscription, name));
      // Two names may lead to one resource, and Envoy refuses a name that stands twice in a response.
      if (found.is === "send") add(items, found.item);
      else if (found.is === "refuse") removed.push(name);
      else if (found.is === "leave") subscription.leaving.set(found.resource, this.#leavesAt(subscription.type));
    }
    if (subscription.type === VIRTUAL_HOST) {
      for (const item of this.#virtualHosts.placeholders(subscription, items)) add(items, item);
      if (items.size > 0) removed.push(...this.#virtualHosts.takeLeaving(subscription));
    }
    if (items.size > 0 || removed.length > 0 || this.#readiness.answersEmpty(subscription)) {
      this.#send(subscription, [...items.values()], removed);
    }
    for (const { want } of items.values()) this.#reportUses(subscription, [want]);
  }

  #row({ type, names }: Subscription, name: string): Resource | undefined {
    const key = names.keyOf(name);
    return key === undefined ? undefined : this.#context.source.resource(type, key);
  }

  /**
   * Tells the source which of these names were asked for beyond what is pushed. That may change the view: done before
   * the answer, what belongs to a virtual host is pushed along with it.
   */
  #reportUses(subscription: Subscription, names: Iterable<string>): void {
    if (!subscription.wildcard || !this.#view) return;
    const { type, wants } = subscription;
    for (const name of [...names]) {
      const want = wants.get(name);
      if (!want?.asked || want.pushed || want.reported || !this.#row(subscription, name)?.body) continue;
      want.reported = true;
      this.#context.source.used(this.proxy.id, type, name);
    }
  }

  /** Whether something must be sent before anything is removed. */
  #busy(subscription: Subscription): boolean {
    return subscription.retries.length > 0 || this.#readiness.any(subscription);
  }

  /** Removes, or replaces by an empty one, what is gone. Runs when everything else was sent. */
  #sendRemovals(subscription: Subscription): void {
    subscription.sweep(this.#leavesAt(subscription.type), isAbsentVersion);
    const items: Item[] = [];
    const removed: string[] = [];
    const now = Date.now();
    for (const [name, at] of subscription.leaving) {
      if (at > now) {
        this.#alarm.set(at);
        continue;
      }
      subscription.leaving.delete(name);
      const held = subscription.held.get(name);
      if (!held) continue;
      subscription.rejected.delete(name);
      const stub = this.#stub(subscription, name);
      if (!stub) removed.push(name);
      else if (stub.version !== held.version) items.push({ want: name, resource: stub, aliases: [], stub: true });
    }
    if (items.length > 0 || removed.length > 0) this.#send(subscription, items, removed);
  }

  /** A cluster or endpoints that a proxy asked for must not be removed while it is connected: it would wait for them. */
  #stub({ type, asked }: Subscription, name: string) {
    return asked.has(name) && type !== VIRTUAL_HOST ? absence(type, name) : undefined;
  }

  #send(subscription: Subscription, items: readonly Item[], removed: readonly string[]): void {
    const { type, counters } = subscription;
    const nonce = String(++this.#nonce);
    const entries = items.map(({ resource, aliases }) => resourceEntry(resource, aliases));
    const frame = encodeResponse({ type, nonce, entries, removed });
    if (type === CLUSTER) this.#resendEndpoints(this.#warming.sent(items));
    if (type === ROUTE_CONFIGURATION) this.#virtualHosts.routesSent(subscription, items);
    subscription.record(nonce, { items, removed });
    counters.messages++;
    counters.bytes += frame.length;
    counters.resources += items.length;
    counters.removed += removed.length;
    this.#unsent += frame.length;
    this.#wire.write(frame, () => {
      const full = this.#unsent > UNSENT_LIMIT;
      this.#unsent -= frame.length;
      if (full && this.#unsent <= UNSENT_LIMIT) this.#context.schedule(this);
    });
    const names = items.map((item) => item.resource.name);
    this.#context.onSent({ proxy: this.proxy.id, type, names, removed, bytes: frame.length });
  }

  #resendEndpoints(names: readonly string[]): void {
    const endpoints = this.subscriptions.get(LOAD_ASSIGNMENT);
    for (const name of names) if (endpoints?.asked.has(name)) endpoints.mark(name, "asked");
  }

  #leavesAt(type: TypeUrl): number {
    return type === CLUSTER ? Date.now() + this.#context.lingerMs : 0;
  }
}

function add(items: Map<string, Item>, item: Item): void {
  const same = items.get(item.resource.name);
  if (same) same.aliases.push(...item.aliases);
  else items.set(item.resource.name, item);
}
