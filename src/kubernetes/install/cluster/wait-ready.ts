import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../../errors.ts";
import type { KubeObject } from "../../../store/object.ts";
import type { KubeApi } from "./kube-api.ts";
import { find, nameOf, shown, typeOf } from "./objects.ts";
import { isWebhook, missing, takesTime } from "./rolled-out.ts";
import { whyNotReady } from "./why-not-ready.ts";

export interface WaitOptions {
  timeoutMs: number;
  signal: AbortSignal;
  /** What is still waited for, such as `Deployment/istio-system/istiod`; each time that it changes. */
  onWaiting(what: readonly string[]): void;
}

const POLL_MS = 250;
/** What takes less is not worth a line. */
const SOON_MS = 1_000;
/** Pods say soon what ails them, and why is worth a line long before time is up. */
const ASK_WHY_MS = 5_000;

/** Resolves when all of these objects work; rejects, with the reason in the words of pods and events, at the timeout. */
export async function waitReady(api: KubeApi, objects: readonly KubeObject[], options: WaitOptions): Promise<void> {
  const { timeoutMs, signal, onWaiting } = options;
  let waiting = objects.filter(takesTime);
  const start = performance.now();
  for (;;) {
    const live = await Promise.all(waiting.map((object) => find(api.store, typeOf(object), nameOf(object))));
    waiting = waiting.filter((_, i) => {
      const object = live[i];
      return !object || missing(object) !== undefined;
    });
    if (waiting.length === 0) return;
    const elapsed = performance.now() - start;
    if (elapsed > timeoutMs) throw await notReady(api, causes(waiting), timeoutMs);
    if (elapsed > SOON_MS)
      onWaiting(await Promise.all(causes(waiting).map((object) => described(api, object, elapsed > ASK_WHY_MS))));
    await sleep(Math.min(POLL_MS, Math.max(1, timeoutMs - elapsed)), undefined, { signal });
  }
}

/** A webhook waits for its control plane: while that is not ready, nothing is to be said of the webhook. */
function causes(waiting: readonly KubeObject[]): KubeObject[] {
  const others = waiting.filter((object) => !isWebhook(object));
  return others.length > 0 ? others : [...waiting];
}

async function described(api: KubeApi, object: KubeObject, ask: boolean): Promise<string> {
  const { kind, metadata } = object;
  const name = [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join("/");
  const [reason] = ask ? await whyNotReady(api, object) : [];
  return reason?.short === undefined ? name : `${name} (${reason.short})`;
}

async function notReady(api: KubeApi, objects: readonly KubeObject[], timeoutMs: number): Promise<LateenError> {
  const lines: string[] = [];
  const remedies = new Set<string>();
  for (const object of objects) {
    const live = await find(api.store, typeOf(object), nameOf(object));
    const state = live ? (missing(live) ?? "ready just now") : "gone";
    const reasons = live ? await whyNotReady(api, live) : [];
    lines.push(`${shown(object)} is not ready (${state})${reasons.length > 0 ? ":" : ""}`);
    for (const { text, remedy } of reasons) {
      lines.push(`  - ${text.replaceAll("\n", "\n    ")}`);
      if (remedy !== undefined) remedies.add(remedy);
    }
  }
  const remedy = remedies.size > 0 ? [...remedies].join("\n  ") : "Look at its pods; --readiness-timeout waits longer.";
  return new LateenError("LTN5330", `not ready after ${timeoutMs / 1000} s\n${lines.join("\n")}`, remedy);
}
