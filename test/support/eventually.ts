import { setTimeout as sleep } from "node:timers/promises";

/** Calls `attempt` until it does not throw, and returns what it returned. After the time is up, its last error. */
export async function eventually<T>(attempt: () => Promise<T> | T, timeoutMs = 30_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}
