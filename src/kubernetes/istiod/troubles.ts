import type { Log } from "../../control-plane/control-plane.ts";

/** How long the same is not said again. */
const QUIET_MS = 60_000;
/** Different messages remembered; beyond that the oldest may be said again. */
const REMEMBERED = 1_000;

/**
 * A log in which a warning is not repeated within a minute: what fails is tried again and again, and while an API
 * server is away all of it fails in the same way.
 */
export function withoutRepetition(log: Log, now: () => number = Date.now): Log {
  const said = new Map<string, number>();
  return {
    info: (fields, message) => log.info(fields, message),
    error: (fields, message) => log.error(fields, message),
    warn(fields, message) {
      const key = `${message} ${JSON.stringify(fields)}`;
      const before = said.get(key);
      if (before !== undefined && now() - before < QUIET_MS) return;
      said.delete(key);
      said.set(key, now());
      if (said.size > REMEMBERED) said.delete(said.keys().next().value ?? "");
      log.warn(fields, message);
    },
  };
}
