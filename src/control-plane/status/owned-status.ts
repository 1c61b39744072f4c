import type { KubeObject } from "../../store/object.ts";

/** Whether a field manager has applied something to an object's status that `applied` no longer says. */
export function ownsMore(object: KubeObject, manager: string, applied: Readonly<Record<string, unknown>>): boolean {
  const entry = (object.metadata.managedFields ?? []).find(
    (each) =>
      at(each, "manager") === manager && at(each, "operation") === "Apply" && at(each, "subresource") === "status",
  );
  const owned = at(entry, "fieldsV1", "f:status");
  const types = new Set(listOf(applied.conditions).map((condition) => at(condition, "type")));
  const conditionIsOurs = (edge: string): boolean => types.has(at(JSON.parse(edge.slice(2)), "type"));
  return namesOf(owned).some((field) => {
    const name = field.slice(2);
    if (name !== "conditions") return field.startsWith("f:") && applied[name] === undefined;
    const edges = namesOf(at(owned, field)).filter((edge) => edge.startsWith("k:"));
    // where the definition is not ours the list may have no keys: then it is owned as a whole
    if (edges.length === 0) return listOf(at(object, "status", name)).some((each) => !types.has(at(each, "type")));
    return edges.some((edge) => !conditionIsOurs(edge));
  });
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}

function namesOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
