import { StoreError } from "../../store/error.ts";
import { isNamespaceEnding } from "./namespace-ending.ts";

export interface WorkQueueOptions {
  /** Brings what the key names to where it should be. Is never run twice at a time for one key. */
  sync(key: string): Promise<void>;
  /** Called with what went wrong, unless it is the kind of failure that a second look mends. */
  report(key: string, error: unknown): void;
  signal: AbortSignal;
  /** Keys worked on at a time. Default: 8. */
  concurrency?: number;
  /** Delay before the first retry; doubles with each. Default: 5 ms, up to 10 s. */
  retryMs?: number;
}

const LAST_RETRY_MS = 10_000;

/** Keys to be looked at: each once however often it was added, again after a failure, later when asked. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  #scheduled = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  add(key: string): void {
    if (this.#options.signal.aborted) return;
    this.#waiting.add(key);
    this.#schedule();
  }

  /** Adds the key in `ms`, or earlier if that was asked for before. */
  addAfter(key: string, ms: number): void {
    if (this.#options.signal.aborted) return;
    const at = Date.now() + ms;
    const earlier = this.#timers.get(key);
    if (earlier && earlier.at <= at) return;
    clearTimeout(earlier?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, ms);
    this.#timers.set(key, { at, timer });
  }

  /** In the next turn, so that a burst of events is looked at once. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= (this.#options.concurrency ?? 8)) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.sync(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!this.#options.signal.aborted) this.#retry(key, error);
    }
    this.#running.delete(key);
    if (this.#waiting.size > 0) this.#schedule();
  }

  #retry(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    if (!isStale(error)) this.#options.report(key, error);
    this.addAfter(key, Math.min((this.#options.retryMs ?? 5) * 2 ** failures, LAST_RETRY_MS));
  }

  #stop(): void {
    this.#waiting.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** The view was behind: somebody else changed, made or deleted the object meanwhile, or is about to with all others. */
function isStale(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  return ["Conflict", "AlreadyExists", "NotFound"].includes(error.reason) || isNamespaceEnding(error);
}
