/** Work by key: the latest wish for a key wins, one at a time for each key, retried with growing pauses. */
export interface WorkQueue<W> {
  /** Replaces what was wished for this key and is not being worked on yet. */
  add(key: string, work: W): void;
  /** Resolves when nothing is left to do, retries included. */
  idle(): Promise<void>;
  /** Resolves when what is being worked on has ended; the rest is dropped. */
  close(): Promise<void>;
}

export interface WorkQueueOptions<W> {
  /** Rejects to be called again later with the same work, unless there is newer. */
  run(key: string, work: W): Promise<void>;
  onError(key: string, error: unknown): void;
  /** Keys worked on at once. Default 4: enough to hide a cluster's latency, too few to be a burden. */
  concurrency?: number;
  /** The first pause before a retry; it doubles up to 100 times that. Default 200 ms. */
  retryMs?: number;
}

export function workQueue<W>(options: WorkQueueOptions<W>): WorkQueue<W> {
  const { concurrency = 4, retryMs = 200 } = options;
  const wanted = new Map<string, W>();
  const running = new Map<string, Promise<void>>();
  const failures = new Map<string, number>();
  const pauses = new Map<string, NodeJS.Timeout>();
  const waiters = new Set<() => void>();
  let closed = false;

  const next = (): void => {
    for (const [key, work] of wanted) {
      if (closed || running.size >= concurrency) break;
      if (running.has(key) || pauses.has(key)) continue;
      wanted.delete(key);
      running.set(key, attempt(key, work));
    }
    if (wanted.size === 0 && running.size === 0) {
      for (const waiter of waiters) waiter();
      waiters.clear();
    }
  };

  const attempt = async (key: string, work: W): Promise<void> => {
    // Not in the caller's stack: several changes in one go become one piece of work.
    await Promise.resolve();
    try {
      await options.run(key, work);
      failures.delete(key);
    } catch (error) {
      options.onError(key, error);
      if (!wanted.has(key)) wanted.set(key, work);
      pause(key);
    }
    running.delete(key);
    next();
  };

  const pause = (key: string): void => {
    const before = failures.get(key) ?? 0;
    failures.set(key, before + 1);
    const again = (): void => {
      pauses.delete(key);
      next();
    };
    pauses.set(key, setTimeout(again, retryMs * Math.min(2 ** before, 100)));
  };

  return {
    add(key, work) {
      if (closed) return;
      wanted.set(key, work);
      next();
    },
    idle: () =>
      wanted.size === 0 && running.size === 0 ? Promise.resolve() : new Promise((done) => waiters.add(done)),
    async close() {
      closed = true;
      wanted.clear();
      for (const timer of pauses.values()) clearTimeout(timer);
      await Promise.all(running.values());
      for (const waiter of waiters) waiter();
      waiters.clear();
    },
  };
}
