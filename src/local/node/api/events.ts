/** Events as `kubectl describe` shows them. The same event again counts up instead of filling the list. */
import type { KubeObject } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { EVENTS } from "../resources.ts";

export interface EventSubject {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  /** Of a container, `spec.containers{reviews}`. */
  fieldPath?: string;
}

export type EventType = "Normal" | "Warning";

/** Events remembered for counting; the oldest are forgotten. */
const REMEMBERED = 1000;

export class Events {
  readonly #store: Store;
  readonly #component: string;
  readonly #host: string;
  readonly #known = new Map<string, { name: string; count: number }>();
  #queue: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(store: Store, component: string, host: string) {
    this.#store = store;
    this.#component = component;
    this.#host = host;
  }

  record(subject: EventSubject, type: EventType, reason: string, message: string): void {
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    // An event tells people what happened; when the API is away or refuses it, the node's work goes on.
    this.#queue = this.#queue.then(() => this.#write(subject, type, reason, message, now)).catch(() => undefined);
  }

  async #write(subject: EventSubject, type: EventType, reason: string, message: string, now: string): Promise<void> {
    const key = `${subject.uid}|${subject.fieldPath ?? ""}|${type}|${reason}|${message}`;
    const known = this.#known.get(key);
    if (known) {
      known.count++;
      const patched = await this.#store
        .patch(
          EVENTS,
          { namespace: subject.namespace, name: known.name },
          { type: "merge", body: { count: known.count, lastTimestamp: now } },
        )
        .then(() => true)
        .catch(() => false);
      if (patched) return;
    }
    const stamp = `${Date.now().toString(16)}${(this.#sequence++).toString(16).padStart(4, "0")}`;
    const name = `${subject.name}.${stamp}`;
    const { fieldPath, ...involved } = subject;
    const event: KubeObject = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace: subject.namespace, name },
      involvedObject: { ...involved, ...(fieldPath !== undefined && { fieldPath }) },
      type,
      reason,
      message,
      source: { component: this.#component, ...(this.#host !== "" && { host: this.#host }) },
      reportingComponent: this.#component,
      reportingInstance: this.#host,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    this.#known.set(key, { name, count: 1 });
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    await this.#store.create(EVENTS, event);
  }
}
