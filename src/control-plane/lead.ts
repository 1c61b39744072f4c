/** What only one of several control planes on a store does: for the mesh as a whole, or for one revision of it. */
export type Role = "mesh" | "revision";

/**
 * Runs `work` while this process leads in a role, and again when it comes to lead again. Its signal aborts when the
 * process no longer leads; `work` then resolves when its last write is done. Resolves when `signal` has aborted and
 * all of that has ended; never rejects.
 */
export type Lead = (role: Role, work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) => Promise<void>;

/** Of a control plane that is alone. */
export const alwaysLead: Lead = (_role, work, signal) => work(signal);

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
