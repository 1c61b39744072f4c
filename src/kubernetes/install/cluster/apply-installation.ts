/** Brings an installation to a cluster, component by component, and takes everything back when one does not get ready. */
import { LateenError } from "../../../errors.ts";
import { namespaceKind } from "../../../kinds/core/namespace.ts";
import type { KubeObject } from "../../../store/object.ts";
import { applyObject } from "./apply-object.ts";
import { listControlPlanes } from "./control-planes.ts";
import { type DeliveredComponent, type Delivery, inStages, type Progress } from "./delivery.ts";
import { inBatches } from "./in-batches.ts";
import { type Journal, openJournal } from "./journal.ts";
import type { KubeApi } from "./kube-api.ts";
import { find } from "./objects.ts";
import { prune } from "./prune.ts";
import { type RolledBack, rollBack } from "./rollback.ts";
import { isWebhook } from "./rolled-out.ts";
import { stopped } from "./stopped.ts";
import { clearTraces, listTraces } from "./traces.ts";
import { waitReady } from "./wait-ready.ts";

export interface ApplyOptions {
  /** How long the objects of each component may take to get ready. */
  readinessTimeoutMs: number;
  /** Aborted: stops where it is. Another run goes on from there. */
  signal: AbortSignal;
  progress: Progress;
  /** What follows from the components, such as the default tag: applied when they are ready. */
  afterwards?(): Promise<readonly KubeObject[]>;
}

export interface Delivered {
  /** How many objects were created or changed. */
  touched: number;
  pruned: KubeObject[];
}

export async function applyInstallation(api: KubeApi, delivery: Delivery, options: ApplyOptions): Promise<Delivered> {
  const journal = openJournal();
  const first = (await listControlPlanes(api.store)).length === 0;
  const traces = first ? await listTraces(api.store, [delivery.namespace]) : undefined;
  try {
    return await deliver(api, delivery, options, journal);
  } catch (error) {
    if (options.signal.aborted) throw stopped();
    options.progress.step("Rolling back");
    const done = await rollBack(api.store, journal);
    if (traces) await clearTraces(api.store, [delivery.namespace], traces);
    throw failed(error, done);
  }
}

async function deliver(
  { store, http }: KubeApi,
  { namespace, revision, components, record }: Delivery,
  { readinessTimeoutMs: timeoutMs, signal, progress, afterwards }: ApplyOptions,
  journal: Journal,
): Promise<Delivered> {
  await createNamespace(store, namespace, journal);
  const bring = async ({ name, objects }: DeliveredComponent): Promise<number> => {
    progress.started(name);
    try {
      let touched = 0;
      for (const alike of sameKinds(objects)) {
        const outcomes = await inBatches(alike, async (object) => {
          signal.throwIfAborted();
          return applyObject(store, object, journal);
        });
        touched += outcomes.filter((outcome) => outcome !== "unchanged").length;
      }
      const onWaiting = (what: readonly string[]): void => progress.waiting(name, what);
      await waitReady({ store, http }, awaited(name, components), { timeoutMs, signal, onWaiting });
      progress.finished(name, touched);
      return touched;
    } catch (error) {
      if (!signal.aborted) progress.failed(name);
      throw error;
    }
  };
  let touched = 0;
  for (const stage of inStages(components)) {
    // All are let finish: what is still being applied could not be rolled back.
    const results = await Promise.allSettled(stage.map(bring));
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
      touched += result.value;
    }
  }
  const more = [...((await afterwards?.()) ?? []), record];
  for (const object of more) if ((await applyObject(store, object, journal)) !== "unchanged") touched++;
  progress.step("Pruning removed resources");
  const wanted = [...components.flatMap(({ objects }) => objects), ...more];
  return { touched, pruned: await prune(store, revision, wanted, journal) };
}

/** In their order, but those of one kind that follow each other together: the definitions, above all. */
function sameKinds(objects: readonly KubeObject[]): KubeObject[][] {
  const groups: KubeObject[][] = [];
  for (const object of objects) {
    const last = groups.at(-1);
    if (last?.[0]?.kind === object.kind) last.push(object);
    else groups.push([object]);
  }
  return groups;
}

/** Webhooks, those of the core too, are of use when the control plane has made itself known in them. */
function awaited(component: string, components: readonly DeliveredComponent[]): KubeObject[] {
  const own = components.filter(({ name }) => name === component).flatMap(({ objects }) => objects);
  if (component === "Base") return own.filter((object) => !isWebhook(object));
  const core = components.filter(({ name }) => name === "Base").flatMap(({ objects }) => objects);
  return component === "Pilot" ? [...own, ...core.filter(isWebhook)] : own;
}

async function createNamespace(store: KubeApi["store"], name: string, journal: Journal): Promise<void> {
  // Left alone when it is there: it is the cluster's, with its owner's labels.
  if (await find(store, namespaceKind.type, { name })) return;
  await applyObject(store, { apiVersion: "v1", kind: "Namespace", metadata: { name } }, journal);
}

function failed(error: unknown, { removed, restored, kept }: RolledBack): LateenError {
  const message = error instanceof Error ? error.message : String(error);
  const counts = [
    removed.length > 0 ? `${removed.length} new objects removed` : "",
    restored.length > 0 ? `${restored.length} put back as they were` : "",
  ].filter((text) => text !== "");
  const lines = [
    message,
    `Rolled back: ${counts.length > 0 ? counts.join(", ") : "nothing had been changed"}.`,
    ...kept.map(({ object, why }) => `  stays: ${object.kind} ${object.metadata.name}: ${why}`),
  ];
  const known = error instanceof LateenError ? error : undefined;
  return new LateenError(known?.code ?? "LTN5332", lines.join("\n"), known?.remedy);
}
