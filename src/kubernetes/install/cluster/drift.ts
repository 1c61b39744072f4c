/** How an object in the cluster differs from what an installation applied, field by field. */

import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import type { Store } from "../../../store/store.ts";
import { asApplied } from "./as-applied.ts";
import { FIELD_MANAGER, nameOf, typeOf } from "./objects.ts";

export interface Difference {
  /** `spec.template.spec.containers[name=discovery].image`. */
  field: string;
  wanted: unknown;
  found: unknown;
}

/** What the API keeps itself. */
const KEPT = new Set(["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"]);

/**
 * What applying the object would change in `live`, asked of the API without doing it: so defaults, quantities and
 * whatever else the API makes of an object are no differences.
 */
export async function differences(store: Store, object: KubeObject, live: KubeObject): Promise<Difference[]> {
  const body = asApplied(object, live);
  const options = { fieldManager: FIELD_MANAGER, force: true, dryRun: true };
  const wanted = await store.patch(typeOf(object), nameOf(object), { type: "apply", body }, options);
  return compare(comparable(wanted), comparable(live), "");
}

function comparable(object: KubeObject): Record<string, unknown> {
  const { status: _, ...fields } = object;
  const metadata = Object.entries(object.metadata).filter(([name]) => !KEPT.has(name));
  return { ...fields, metadata: Object.fromEntries(metadata) };
}

function compare(wanted: unknown, found: unknown, field: string): Difference[] {
  if (isFields(wanted) && isFields(found)) {
    const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...names].flatMap((name) => compare(wanted[name], found[name], pathTo(field, name)));
  }
  if (Array.isArray(wanted) && Array.isArray(found)) {
    const key = ["name", "containerPort", "port", "type"].find((each) =>
      [...wanted, ...found].every((item) => named(item, each)),
    );
    if (key !== undefined) return compareItems(wanted, found, field, key);
    if ([...wanted, ...found].every(isScalar)) return compareValues(wanted, found, field);
    if (wanted.length === found.length) return wanted.flatMap((item, i) => compare(item, found[i], `${field}[${i}]`));
  }
  if (JSON.stringify(wanted) === JSON.stringify(found)) return [];
  return typeof wanted === "string" && typeof found === "string"
    ? [differentLine(wanted, found, field)]
    : [{ field, wanted, found }];
}

/** Of texts of many lines, such as the mesh's configuration, the first line that differs. */
function differentLine(wanted: string, found: string, field: string): Difference {
  const [ours, theirs] = [wanted.split("\n"), found.split("\n")];
  if (ours.length + theirs.length === 2) return { field, wanted, found };
  const at = ours.findIndex((line, i) => line !== theirs[i]);
  const line = at < 0 ? ours.length : at;
  return { field: `${field} (line ${line + 1})`, wanted: ours[line], found: theirs[line] };
}

/** Of plain values what is missing and what is too many; the whole lists when only their order differs. */
function compareValues(wanted: unknown[], found: unknown[], field: string): Difference[] {
  if (JSON.stringify(wanted) === JSON.stringify(found)) return [];
  const lacking = wanted.filter((item) => !found.includes(item));
  const extra = found.filter((item) => !wanted.includes(item));
  if (lacking.length + extra.length === 0) return [{ field, wanted, found }];
  return [
    ...lacking.map((item) => ({ field: `${field}[]`, wanted: item, found: undefined })),
    ...extra.map((item) => ({ field: `${field}[]`, wanted: undefined, found: item })),
  ];
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function compareItems(wanted: unknown[], found: unknown[], field: string, key: string): Difference[] {
  const keyOf = (item: unknown): string => (isFields(item) ? String(item[key]) : "");
  const theirs = new Map(found.map((item) => [keyOf(item), item]));
  const ours = new Map(wanted.map((item) => [keyOf(item), item]));
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  return [...names].flatMap((name) => compare(ours.get(name), theirs.get(name), `${field}[${key}=${name}]`));
}

function named(item: unknown, key: string): boolean {
  return isFields(item) && item[key] !== undefined;
}

function pathTo(field: string, name: string): string {
  const step = /^[\w-]+$/.test(name) ? name : `["${name}"]`;
  if (field === "") return step;
  return step.startsWith("[") ? `${field}${step}` : `${field}.${step}`;
}
