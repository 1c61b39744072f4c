/** What deleting means: at once, gracefully, or when the finalizers are gone. */

import { type KubeObject, keyOf, type ObjectMeta } from "../object.ts";
import { unmetPrecondition } from "../refusals.ts";
import type { DeleteOptions } from "../store.ts";
import type { Ledger } from "./ledger.ts";
import { typeKey } from "./served.ts";
import type { StoredKind } from "./stored-kind.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

export interface Deleted {
  /** As it was last. */
  object: KubeObject;
  /** False: it is being deleted, but something is still to be done by its node, a finalizer or for its namespace. */
  gone: boolean;
}

export function deleteObject(
  ledger: Ledger,
  kind: StoredKind,
  object: KubeObject,
  options: DeleteOptions,
  now: Date,
): Deleted {
  checkPreconditions(kind, object, options);
  const metadata = { ...object.metadata };
  const finalizers = withPropagation(metadata, options, ledger.ownedBy(metadata.uid ?? "").length > 0);
  const grace = gracePeriod(kind, object, options);
  const namespace = isNamespace(kind);
  if (finalizers.length === 0 && grace === 0 && !namespace) {
    if (options.dryRun !== true) ledger.remove(typeKey(kind.type), keyOf(object));
    return { object, gone: true };
  }
  const earlier = metadata.deletionTimestamp !== undefined;
  const sooner = !earlier || grace < (metadata.deletionGracePeriodSeconds ?? 0);
  if (!sooner && sameList(finalizers, metadata.finalizers ?? [])) return { object, gone: false };
  setFinalizers(metadata, finalizers);
  if (sooner) {
    metadata.deletionTimestamp = seconds(new Date(now.getTime() + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation !== undefined) metadata.generation++;
  }
  if (namespace) delete metadata.deletionGracePeriodSeconds;
  const status = typeof object.status === "object" ? object.status : {};
  const marked = { ...object, metadata, ...(namespace ? { status: { ...status, phase: "Terminating" } } : {}) };
  const stored = options.dryRun === true ? marked : ledger.put(typeKey(kind.type), marked);
  return { object: stored, gone: false };
}

/** Stores an object, or lets it go when it only waited for its last finalizer. */
export function putOrFinish(ledger: Ledger, kind: StoredKind, object: KubeObject): Deleted {
  if (!finished(kind, object)) return { object: ledger.put(typeKey(kind.type), object), gone: false };
  ledger.remove(typeKey(kind.type), keyOf(object));
  return { object, gone: true };
}

function finished(kind: StoredKind, { metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    !isNamespace(kind)
  );
}

export function isNamespace(kind: StoredKind): boolean {
  return kind.type.group === "" && kind.type.plural === "namespaces";
}

/** RFC 3339 in whole seconds, as all timestamps of metadata. */
export function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

export function setFinalizers(metadata: ObjectMeta, finalizers: string[]): void {
  if (finalizers.length === 0) delete metadata.finalizers;
  else metadata.finalizers = finalizers;
}

function checkPreconditions(kind: StoredKind, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const check = (what: "UID" | "ResourceVersion", wanted: string | undefined, found = ""): void => {
    if (wanted === undefined || wanted === found) return;
    throw unmetPrecondition(kind.type, metadata.name, what, wanted, found);
  };
  check("UID", preconditions?.uid, metadata.uid);
  check("ResourceVersion", preconditions?.resourceVersion, metadata.resourceVersion);
}

/** The finalizers by which the garbage collector knows how dependants are to be treated. */
function withPropagation(metadata: ObjectMeta, options: DeleteOptions, hasDependants: boolean): string[] {
  const finalizers = metadata.finalizers ?? [];
  if (options.propagationPolicy === undefined) return finalizers;
  const others = finalizers.filter((finalizer) => finalizer !== FOREGROUND && finalizer !== ORPHAN);
  if (!hasDependants || options.propagationPolicy === "Background") return others;
  return [...others, options.propagationPolicy === "Orphan" ? ORPHAN : FOREGROUND];
}

/** Seconds that the node has to end a pod. Only a pod that is on a node and still runs needs any. */
function gracePeriod(kind: StoredKind, object: KubeObject, options: DeleteOptions): number {
  if (kind.type.group !== "" || kind.type.plural !== "pods") return 0;
  const nodeName = field(object.spec, "nodeName");
  const phase = field(object.status, "phase");
  if (typeof nodeName !== "string" || nodeName === "" || phase === "Succeeded" || phase === "Failed") return 0;
  const wanted = options.gracePeriodSeconds ?? field(object.spec, "terminationGracePeriodSeconds");
  return typeof wanted === "number" ? (wanted < 0 ? 1 : wanted) : 30;
}

function field(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? Reflect.get(object, name) : undefined;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
