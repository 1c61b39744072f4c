import type { TSchema } from "typebox";

/**
 * Fills in the `default`s of a schema as Kubernetes does for structural schemas: a missing property gets its default,
 * and a default object gets the defaults within it in turn. Objects that are absent and have no default stay absent.
 * Returns `value` itself when nothing was missing.
 */
export function withSchemaDefaults<T>(schema: TSchema, value: T): T {
  return fill(schema, value) as T;
}

function fill(schema: unknown, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = field(schema, "items");
    if (items === undefined) return value;
    const filled = value.map((item) => fill(items, item));
    return filled.some((item, i) => item !== value[i]) ? filled : value;
  }
  if (typeof value !== "object" || value === null) return value;
  const changed: Record<string, unknown> = {};
  const properties = entries(field(schema, "properties"));
  for (const [name, property] of properties) {
    const before: unknown = Reflect.get(value, name);
    const fallback = field(property, "default");
    if (before === undefined && fallback === undefined) continue;
    const after = fill(property, before ?? structuredClone(fallback));
    if (after !== before) changed[name] = after;
  }
  const extra = field(schema, "additionalProperties");
  if (typeof extra === "object") {
    const known = new Set(properties.map(([name]) => name));
    for (const [name, before] of Object.entries(value)) {
      if (known.has(name)) continue;
      const after = fill(extra, before);
      if (after !== before) changed[name] = after;
    }
  }
  return Object.keys(changed).length === 0 ? value : { ...value, ...changed };
}

function field(schema: unknown, name: string): unknown {
  return typeof schema === "object" && schema !== null ? Reflect.get(schema, name) : undefined;
}

function entries(properties: unknown): [string, unknown][] {
  return typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
}
