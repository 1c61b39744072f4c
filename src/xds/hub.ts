import { status as Code } from "@grpc/grpc-js";
import type { Peer, ResourceSource, SourceChanges } from "../envoy/resource-source.ts";
import { Interest } from "./interest.ts";
import type { Nack } from "./nack.ts";
import { type SentReport, Session, type SessionContext, type Wire } from "./session.ts";
import { type Holding, holdingsOf, type ProxyStatus, statusOf } from "./status.ts";

export interface HubOptions {
  /** How long a pushed cluster stays after it left the view, in milliseconds. Default 2,000. */
  lingerMs?: number;
  /** How long routes wait at most for new clusters to be ready, in milliseconds. Default 3,000. */
  warmingMs?: number;
  /** Hears what should not happen. The proxy's stream is closed then; it comes back, and all others are served. */
  onError?(proxy: string, error: unknown): void;
}

/** All connected proxies. Knows sessions and rows, not how bytes travel. */
export class Hub {
  readonly #source: ResourceSource;
  readonly #interest: Interest<Session>;
  readonly #sessions = new Map<string, Session>();
  readonly #context: SessionContext;
  readonly #nackListeners = new Set<(nack: Nack) => void>();
  readonly #rejectionListeners = new Set<() => void>();
  readonly #sentListeners = new Set<(report: SentReport) => void>();
  readonly #onError: (proxy: string, error: unknown) => void;
  readonly #stop: () => void;
  #due = new Set<Session>();

  constructor(source: ResourceSource, options: HubOptions = {}) {
    this.#source = source;
    this.#interest = new Interest(source);
    this.#onError = options.onError ?? (() => {});
    this.#context = {
      source,
      interest: this.#interest,
      lingerMs: options.lingerMs ?? 2_000,
      warmingMs: options.warmingMs ?? 3_000,
      schedule: (session) => this.#schedule(session),
      onNack: (nack) => {
        for (const listener of this.#nackListeners) listener(nack);
        this.#rejectionsChanged();
      },
      onResolved: () => this.#rejectionsChanged(),
      onSent: (report) => {
        for (const listener of this.#sentListeners) listener(report);
      },
    };
    this.#stop = source.onChange((changes) => this.#changed(changes));
  }

  /** Takes a proxy's stream. An older stream of the same proxy is a dead one that was not noticed: it is closed. */
  accept(proxy: Peer, wire: Wire): Session {
    const older = this.#sessions.get(proxy.id);
    const session = new Session(proxy, wire, this.#context);
    this.#sessions.set(proxy.id, session);
    this.#source.connect(proxy);
    session.adopt(this.#source.view(proxy.id));
    older?.close(Code.ABORTED, `${proxy.id} connected again; the newer stream is served`);
    return session;
  }

  /** Something broke while a proxy was served: it starts anew, and nobody else notices. */
  fail(session: Session, error: unknown): void {
    this.#onError(session.proxy.id, error);
    session.close(Code.INTERNAL, "the control plane could not go on with this stream");
    this.leave(session);
  }

  /** The stream ended. */
  leave(session: Session): void {
    const { id } = session.proxy;
    const rejected = [...session.subscriptions.values()].some((subscription) => subscription.rejected.size > 0);
    if (this.#sessions.get(id) === session) {
      this.#sessions.delete(id);
      this.#source.disconnect(id);
    }
    session.forget();
    this.#due.delete(session);
    if (rejected) this.#rejectionsChanged();
  }

  /** Whether all connected proxies have answered to all that there is for them. */
  quiet(): boolean {
    return [...this.#sessions.values()].every((session) => session.quiet);
  }

  status(): ProxyStatus[] {
    return [...this.#sessions.values()].map(statusOf);
  }

  /** What one proxy has, resource by resource; undefined when it is not connected. */
  holdings(proxy: string): Holding[] | undefined {
    const session = this.#sessions.get(proxy);
    return session && holdingsOf(session);
  }

  /** Calls `listener` whenever a proxy rejects something. */
  onNack(listener: (nack: Nack) => void): () => void {
    this.#nackListeners.add(listener);
    return () => this.#nackListeners.delete(listener);
  }

  /** Calls `listener` when the rejections in `status()` changed: one more, one resolved, a proxy gone. */
  onRejections(listener: () => void): () => void {
    this.#rejectionListeners.add(listener);
    return () => this.#rejectionListeners.delete(listener);
  }

  onSent(listener: (report: SentReport) => void): () => void {
    this.#sentListeners.add(listener);
    return () => this.#sentListeners.delete(listener);
  }

  close(): void {
    this.#stop();
    for (const session of this.#sessions.values()) {
      session.close(Code.UNAVAILABLE, "the control plane is stopping");
      this.#source.disconnect(session.proxy.id);
    }
    this.#sessions.clear();
  }

  #changed(changes: SourceChanges): void {
    for (const id of changes.views) {
      const session = this.#sessions.get(id);
      const view = this.#source.view(id);
      // whoever still speaks for a pod that is gone must show again who it is
      if (session?.view && !view) session.close(Code.ABORTED, `${id}: its pod is gone`);
      else session?.adopt(view);
    }
    for (const [type, keys] of changes.rows) {
      for (const key of keys) for (const session of this.#interest.of(type, key)) session.rowChanged(type, key);
    }
  }

  /** All that happens in one turn of the event loop goes out together, in the order that make-before-break wants. */
  #schedule(session: Session): void {
    if (this.#due.size === 0) setImmediate(() => this.#flush());
    this.#due.add(session);
  }

  #flush(): void {
    const due = this.#due;
    this.#due = new Set();
    for (const session of due) {
      try {
        session.flush();
      } catch (error) {
        this.fail(session, error);
      }
    }
  }

  #rejectionsChanged(): void {
    for (const listener of this.#rejectionListeners) listener();
  }
}
