/** What is applied to an object's status, given the status that it has: times stay true, and what is others' stays. */
import { equal } from "../../engine/equal.ts";
import { CONTROLLER_NAME } from "../../mesh/gateway-api/gateways.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * What is wanted, with the time of each condition (`now`: RFC 3339, whole seconds, for those that change). Conditions
 * of other types are others', and server-side apply leaves them alone. `parents` and `ancestors` are applied as a whole,
 * so the entries of other controllers come along.
 */
export function timedStatus(current: unknown, wanted: object, now: string): Json {
  const had = record(current);
  const timed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted)) timed[name] = timedField(name, had[name], value, now);
  // It must be there once it was, if only to say that there are none.
  for (const name of OF_CONTROLLERS) {
    if (timed[name] === undefined && had[name] !== undefined) timed[name] = allEntries(list(had[name]), [], now);
  }
  // An API server makes null of a status of which everything goes, and refuses that.
  if (timed.conditions === undefined && had.conditions !== undefined) timed.conditions = [];
  return timed;
}

/** Whether the status says it already. */
export function says(current: unknown, applied: Json): boolean {
  const had = record(current);
  return Object.entries(applied).every(([name, value]) => {
    if (name !== "conditions") return equal(value, had[name]) || (isEmpty(value) && isEmpty(had[name]));
    return list(value).every((condition) =>
      equal(
        condition,
        list(had.conditions).find(({ type }) => type === condition.type),
      ),
    );
  });
}

function timedField(name: string, had: unknown, wanted: unknown, now: string): unknown {
  if (name === "conditions") return list(wanted).map((condition) => timedCondition(condition, list(had), now));
  if (OF_CONTROLLERS.includes(name)) return allEntries(list(had), list(wanted), now);
  if (!Array.isArray(wanted)) return wanted;
  // Lists of things with conditions of their own, such as listeners: theirs are timed too.
  return wanted.map((item: unknown) => {
    const known = list(had).find((other) => other.name === record(item).name);
    return withTimes(item, known, now);
  });
}

/** Lists with an entry of each controller for each of its objects: of routes, and of policies. */
const OF_CONTROLLERS = ["parents", "ancestors"];

function allEntries(had: readonly Json[], wanted: readonly Json[], now: string): Json[] {
  const ours = wanted.map((entry) => {
    const known = had.find(
      (other) =>
        other.controllerName === entry.controllerName &&
        equal(other.parentRef, entry.parentRef) &&
        equal(other.ancestorRef, entry.ancestorRef),
    );
    return withTimes(entry, known, now);
  });
  return [...had.filter(({ controllerName }) => controllerName !== CONTROLLER_NAME), ...ours];
}

function withTimes(item: unknown, known: unknown, now: string): Json {
  const { conditions } = record(item);
  if (!Array.isArray(conditions)) return record(item);
  const had = list(record(known).conditions);
  return { ...record(item), conditions: conditions.map((condition) => timedCondition(record(condition), had, now)) };
}

/** A condition's time is that at which its status last changed. */
function timedCondition(condition: Json, had: readonly Json[], now: string): Json {
  const known = had.find(({ type }) => type === condition.type);
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
