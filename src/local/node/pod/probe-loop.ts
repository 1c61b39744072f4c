import { setTimeout as sleep } from "node:timers/promises";
import type { ProbeResult } from "../agent/messages.ts";
import type { ProbeSpec } from "./actions.ts";

export interface ProbeLoop {
  spec: ProbeSpec;
  check(): Promise<ProbeResult | undefined>;
  /** The verdict after the thresholds; called when it changes, and for each further failure beyond the threshold. */
  verdict(ok: boolean, message: string): void;
  /** Each failure on schedule, for events. */
  failed(message: string): void;
  signal: AbortSignal;
  /** How long a second is: less in tests. */
  secondMs?: number;
}

/** Between the probes on schedule, until the first success: so that a container that starts fast is ready fast. */
const EAGER_MS = { first: 25, factor: 1.6, most: 1000 };

/** Probes until the signal aborts. Failures count on schedule only, so the thresholds mean what they say. */
export async function probeLoop({ spec, check, verdict, failed, signal, secondMs = 1000 }: ProbeLoop): Promise<void> {
  const periodMs = Math.max(1, spec.periodSeconds ?? 10) * secondMs;
  const successThreshold = spec.successThreshold ?? 1;
  const failureThreshold = spec.failureThreshold ?? 3;
  let current: boolean | undefined;
  let successes = 0;
  let failures = 0;
  let everSucceeded = false;
  let eager = EAGER_MS.first;
  const pause = async (ms: number) => {
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
    return !signal.aborted;
  };
  if (!(await pause((spec.initialDelaySeconds ?? 0) * secondMs))) return;
  // The first probe comes at once and is the least likely to succeed: it counts only when it does.
  let due = Date.now() + Math.min(periodMs, secondMs);
  while (!signal.aborted) {
    const onSchedule = Date.now() >= due;
    if (onSchedule) due = Date.now() + periodMs;
    const result = await check().catch((error: unknown) => ({
      ok: false,
      message: error instanceof Error ? error.message : String(error),
    }));
    if (signal.aborted) return;
    if (result?.ok) {
      everSucceeded = true;
      failures = 0;
      if (++successes >= successThreshold && current !== true) {
        current = true;
        verdict(true, result.message);
      }
    } else if (result && onSchedule) {
      successes = 0;
      failed(result.message);
      if (++failures >= failureThreshold) {
        current = false;
        verdict(false, result.message);
      }
    }
    const untilDue = Math.max(0, due - Date.now());
    const wait = everSucceeded ? untilDue : Math.min(untilDue, eager);
    eager = Math.min(eager * EAGER_MS.factor, EAGER_MS.most);
    if (!(await pause(wait))) return;
  }
}
