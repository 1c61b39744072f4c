/** How a row's status goes into the status that an object has: what is others' stays, and times stay true. */
import { equal } from "../../engine/equal.ts";
import { CONTROLLER_NAME } from "../../mesh/gateway-api/gateways.ts";

type Json = Readonly<Record<string, unknown>>;

export interface MergeOptions {
  /** RFC 3339, whole seconds: for conditions that change. */
  now: string;
  /** What an earlier row said and this one may not say any more: it is taken away. */
  before?: object;
}

/**
 * The fields to patch, or undefined when the object's status says it all already. A field that goes is null, as in a
 * merge patch.
 */
export function mergeStatus(current: unknown, wanted: object, options: MergeOptions): Json | undefined {
  const had = record(current);
  const before = record(options.before);
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(before)])) {
    const merged = mergeField(name, had[name], field(wanted, name), before[name], options.now);
    const unchanged = equal(merged, had[name]) || (isEmpty(merged) && isEmpty(had[name]));
    if (!unchanged) patch[name] = isEmpty(merged) && merged === undefined ? null : merged;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function mergeField(name: string, had: unknown, wanted: unknown, before: unknown, now: string): unknown {
  if (name === "conditions") return mergeConditions(list(had), list(wanted), list(before), now);
  if (name === "parents") return mergeParents(list(had), list(wanted), list(before), now);
  if (!Array.isArray(wanted)) return wanted;
  // Lists of things with conditions of their own, such as listeners: theirs are timed too.
  return wanted.map((item: unknown) => {
    const known = list(had).find((other) => field(other, "name") === field(item, "name"));
    return withTimes(item, known, now);
  });
}

/** By type; those that others set stay. */
function mergeConditions(had: Json[], wanted: Json[], before: Json[], now: string): Json[] | undefined {
  const ours = new Set([...wanted, ...before].map((condition) => condition.type));
  const timed = wanted.map((condition) => timedCondition(condition, had, now));
  const merged = [...had.filter((condition) => !ours.has(condition.type)), ...timed];
  // In the place that they had, so that an order that others chose does not count as a change.
  const position = (condition: Json): number => had.findIndex((other) => other.type === condition.type);
  const sorted = merged.toSorted((a, b) => place(position(a)) - place(position(b)));
  return sorted.length === 0 ? undefined : sorted;
}

function place(index: number): number {
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

/** By parent and controller; entries of other controllers stay. */
function mergeParents(had: Json[], wanted: Json[], before: Json[], now: string): Json[] {
  const controllers = new Set([CONTROLLER_NAME, ...[...wanted, ...before].map((entry) => entry.controllerName)]);
  const ours = wanted.map((entry) => {
    const known = had.find(
      (other) => other.controllerName === entry.controllerName && equal(other.parentRef, entry.parentRef),
    );
    return withTimes(entry, known, now);
  });
  return [...had.filter((entry) => !controllers.has(entry.controllerName)), ...ours];
}

function withTimes(item: unknown, known: unknown, now: string): Json {
  const conditions = field(item, "conditions");
  if (!Array.isArray(conditions)) return record(item);
  const had = list(field(known, "conditions"));
  return { ...record(item), conditions: conditions.map((condition) => timedCondition(record(condition), had, now)) };
}

/** A condition's time is that at which its status last changed. */
function timedCondition(condition: Json, had: readonly Json[], now: string): Json {
  const known = had.find((other) => other.type === condition.type);
  const since = known && known.status === condition.status ? known.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: since ?? now };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function field(value: unknown, name: string): unknown {
  return record(value)[name];
}
