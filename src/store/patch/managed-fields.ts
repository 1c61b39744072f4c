/** Who owns which field: metadata.managedFields, kept on every write and asked on server-side apply. */
import { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import { mergeApplied, prune } from "./apply.ts";
import {
  difference,
  EMPTY,
  type FieldSet,
  fromFieldsV1,
  intersection,
  isEmpty,
  paths,
  sameSet,
  toFieldsV1,
  union,
} from "./field-set.ts";
import { isFields, own } from "./json.ts";
import type { Shapes } from "./shapes.ts";
import { checkKeys, compare, fieldsOf } from "./walk.ts";

/** Who writes, when, and to which part of the object. */
export interface Writer {
  manager: string;
  apiVersion: string;
  subresource?: string | undefined;
  /** RFC 3339. */
  time: string;
}

interface Entry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time: string;
  subresource: string | undefined;
  set: FieldSet;
}

/** Beyond this many, the oldest updaters are put together, so that an object does not grow with its history. */
const UPDATERS = 10;
const ANCIENT = "ancient-changes";

/** Fields that nobody owns: identity, and what the store itself keeps. */
const UNOWNED = ["apiVersion", "kind"];
const UNOWNED_METADATA = [
  "name",
  "namespace",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
];

/** `after` with the ownership of what it changes in `before` (undefined: it is new) given to the writer. */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
  shapes: Shapes,
): KubeObject {
  // A client may reset the list by sending an empty one; leaving it out leaves it as it is.
  const entries = parse(after.metadata.managedFields ?? before?.metadata.managedFields ?? []);
  const { changed, removed } = compare(before ? ownable(before) : undefined, ownable(after), [], shapes);
  const bare = withoutRoots(changed);
  const lost = union(bare, removed);
  const mine = entries.find((entry) => isWriter(entry, writer, "Update"));
  const next = entries.map((entry) => (entry === mine ? entry : withSet(entry, difference(entry.set, lost))));
  return withEntries(after, owning(next, mine, writer, "Update", union(difference(mine?.set ?? EMPTY, removed), bare)));
}

/**
 * What applying a configuration makes of an object (undefined: of none). Refuses when it would change what others
 * own, unless forced.
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  applied: KubeObject,
  writer: Writer,
  force: boolean,
  shapes: Shapes,
): KubeObject {
  checkKeys(applied, [], shapes);
  const entries = parse(live?.metadata.managedFields ?? []);
  const mine = entries.find((entry) => isWriter(entry, writer, "Apply"));
  const config = withoutNulls(ownable(applied));
  const set = { ...fieldsOf(config, [], shapes), member: false };
  const base = live ? ownable(live) : {};
  const others = entries.filter((entry) => entry !== mine);
  const owned = others.reduce((all, entry) => union(all, entry.set), set);
  const merged = prune(mergeApplied(base, config, [], shapes), mine?.set ?? EMPTY, owned, [], shapes) ?? {};
  const { changed, removed } = compare(base, merged, [], shapes);
  const conflicts = others
    .map((entry) => ({ entry, fields: intersection(entry.set, changed) }))
    .filter(({ fields }) => !isEmpty(fields));
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
  const lost = union({ ...changed, member: false }, removed);
  const next = entries.map((entry) => (entry === mine ? entry : withSet(entry, difference(entry.set, lost))));
  return withEntries(restored(live ?? applied, merged), owning(next, mine, writer, "Apply", set));
}

/** The object itself and its metadata are nobody's: there is no object without them. */
function withoutRoots(set: FieldSet): FieldSet {
  const metadata = set.children.get("f:metadata");
  const children = new Map(set.children);
  if (metadata) children.set("f:metadata", { ...metadata, member: false });
  return { member: false, children };
}

/** The fields that can be owned. */
function ownable(object: KubeObject): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...object };
  for (const name of UNOWNED) delete fields[name];
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const name of UNOWNED_METADATA) delete metadata[name];
  if (Object.keys(metadata).length === 0) delete fields.metadata;
  else fields.metadata = metadata;
  return fields;
}

/** The fields under the identity of an object again. */
function restored(identity: KubeObject, fields: unknown): KubeObject {
  const rest = isFields(fields) ? fields : {};
  const metadata: KubeObject["metadata"] = { ...(isFields(rest.metadata) ? rest.metadata : {}), name: "" };
  for (const name of UNOWNED_METADATA) {
    const value: unknown = Reflect.get(identity.metadata, name);
    if (value !== undefined) Reflect.set(metadata, name, value);
  }
  return { ...rest, apiVersion: identity.apiVersion, kind: identity.kind, metadata };
}

function withoutNulls(value: unknown): unknown {
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(kept.map(([name, child]) => [name, withoutNulls(child)]));
}

function isWriter(entry: Entry, writer: Writer, operation: Entry["operation"]): boolean {
  return entry.manager === writer.manager && entry.operation === operation && entry.subresource === writer.subresource;
}

function withSet(entry: Entry, set: FieldSet): Entry {
  return sameSet(entry.set, set) ? entry : { ...entry, set };
}

/** The entries with the writer's set in place; its time moves only when the set does. */
function owning(
  entries: Entry[],
  mine: Entry | undefined,
  writer: Writer,
  operation: Entry["operation"],
  set: FieldSet,
): Entry[] {
  if (mine && sameSet(mine.set, set)) return entries;
  const { manager, apiVersion, time, subresource } = writer;
  const entry: Entry = { manager, operation, apiVersion, time, subresource, set };
  return mine ? entries.map((one) => (one === mine ? entry : one)) : [...entries, entry];
}

function withEntries(object: KubeObject, entries: readonly Entry[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const kept = limited(entries.filter((entry) => !isEmpty(entry.set))).sort(inOrder);
  if (kept.length === 0) return { ...object, metadata };
  const managedFields = kept.map(({ set, subresource, ...entry }) => ({
    ...entry,
    fieldsType: "FieldsV1",
    fieldsV1: toFieldsV1(set),
    ...(subresource === undefined ? {} : { subresource }),
  }));
  return { ...object, metadata: { ...metadata, managedFields } };
}

/** As Kubernetes lists them: who applies first, then by time. */
function inOrder(a: Entry, b: Entry): number {
  const order = (entry: Entry): string[] => [entry.operation, entry.time, entry.manager, entry.subresource ?? ""];
  const [left, right] = [order(a), order(b)];
  const at = left.findIndex((part, i) => part !== right[i]);
  if (at < 0) return 0;
  return (left[at] ?? "") < (right[at] ?? "") ? -1 : 1;
}

function limited(entries: Entry[]): Entry[] {
  const updaters = entries.filter((entry) => entry.operation === "Update" && entry.subresource === undefined);
  if (updaters.length <= UPDATERS) return entries;
  const oldest = updaters.sort((a, b) => (a.time < b.time ? -1 : 1)).slice(0, updaters.length - UPDATERS + 1);
  const [first] = oldest;
  if (!first) return entries;
  const set = oldest.reduce((all, entry) => union(all, entry.set), EMPTY);
  return [{ ...first, manager: ANCIENT, set }, ...entries.filter((entry) => !oldest.includes(entry))];
}

function parse(managedFields: readonly unknown[]): Entry[] {
  return managedFields.flatMap((value): Entry[] => {
    if (!isFields(value)) return [];
    const text = (name: string): string | undefined => {
      const field = own(value, name);
      return typeof field === "string" ? field : undefined;
    };
    const manager = text("manager");
    if (manager === undefined) return [];
    return [
      {
        manager,
        operation: text("operation") === "Apply" ? "Apply" : "Update",
        apiVersion: text("apiVersion") ?? "",
        time: text("time") ?? "",
        subresource: text("subresource"),
        set: fromFieldsV1(own(value, "fieldsV1")),
      },
    ];
  });
}

function applyConflict(conflicts: readonly { entry: Entry; fields: FieldSet }[]): StoreError {
  const causes = conflicts.flatMap(({ entry, fields }) =>
    paths(fields).map((field) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${nameOf(entry)}`,
      field,
    })),
  );
  const [only] = causes;
  if (only && causes.length === 1) {
    return new StoreError("Conflict", `Apply failed with 1 conflict: ${only.message}: ${only.field}`, { causes });
  }
  const texts = conflicts.map(({ entry, fields }) =>
    [`conflicts with ${nameOf(entry)}:`, ...paths(fields).map((path) => `- ${path}`)].join("\n"),
  );
  return new StoreError("Conflict", `Apply failed with ${causes.length} conflicts: ${texts.join("\n")}`, { causes });
}

function nameOf({ manager, operation, subresource, apiVersion }: Entry): string {
  const part = subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${part}${operation === "Apply" ? "" : ` using ${apiVersion}`}`;
}
