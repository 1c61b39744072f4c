/** A kind's schema in the dialects of Kubernetes: OpenAPI v3 for clients, structural schemas for CRDs. */

/** OpenAPI as Kubernetes speaks it: JSON Schema of an older day with x-kubernetes-* extensions. */
export type OpenApiSchema = Record<string, unknown>;

/** What becomes of an object with a title: itself, or a reference to where it is described. */
export type NameObject = (title: string, schema: OpenApiSchema) => OpenApiSchema;

/** In a schema: lists of fields of which one may be set. */
export const EXCLUSIVE = "x-lateen-exclusive";

const inline: NameObject = (_, schema) => schema;

/** Rewrites a TypeBox schema. `named` sees every object that has a title, innermost first. */
export function toOpenApi(schema: unknown, named: NameObject = inline): OpenApiSchema {
  if (!isRecord(schema)) return PRESERVED;
  if (Array.isArray(schema.anyOf)) return { ...described(schema), ...union(schema.anyOf.filter(isRecord), named) };
  const { title, properties, patternProperties, additionalProperties, items, required, const: only, ...rest } = schema;
  const out: OpenApiSchema = {};
  for (const [key, value] of Object.entries(rest)) {
    if (!key.startsWith("~") && key !== "$id" && key !== "$schema" && key !== EXCLUSIVE) out[key] = value;
  }
  if (Array.isArray(rest[EXCLUSIVE])) Object.assign(out, exclusion(rest[EXCLUSIVE]));
  if (only !== undefined) out.enum = [only];
  if (Array.isArray(out.enum) && out.type === undefined) out.type = typeof out.enum[0];
  if (items !== undefined) out.items = toOpenApi(items, named);
  if (isRecord(properties)) {
    const entries = Object.entries(properties).map(([name, property]) => [name, toOpenApi(property, named)]);
    out.properties = Object.fromEntries(entries);
    if (Array.isArray(required) && required.length > 0) out.required = required;
  }
  const values = isRecord(patternProperties) ? Object.values(patternProperties)[0] : additionalProperties;
  if (isRecord(values)) out.additionalProperties = isEmpty(values) ? PRESERVED : toOpenApi(values, named);
  if (out.type === undefined) return { ...out, ...PRESERVED };
  return typeof title === "string" && isRecord(properties) ? named(title, out) : out;
}

/** None of a group's fields, or one. */
function exclusion(groups: readonly string[][]): OpenApiSchema {
  const schemas = groups.map((names) => {
    const each = names.map((name) => ({ required: [name] }));
    return { oneOf: [{ not: { anyOf: each } }, ...each] };
  });
  const [only] = schemas;
  return only && schemas.length === 1 ? only : { allOf: schemas };
}

/** Anything goes. */
const PRESERVED: OpenApiSchema = { "x-kubernetes-preserve-unknown-fields": true };

function union(members: Record<string, unknown>[], named: NameObject): OpenApiSchema {
  const some = members.filter((member) => member.type !== "null");
  const nullable = some.length < members.length ? { nullable: true } : {};
  const [first] = some;
  if (first && some.length === 1) return { ...toOpenApi(first, named), ...nullable };
  const types = new Set(some.map((member) => member.type));
  if (some.every((member) => member.const !== undefined)) {
    return { type: typeof first?.const, enum: some.map((member) => member.const), ...nullable };
  }
  if (types.has("string") && (types.has("integer") || types.has("number"))) {
    return { ...named("IntOrString", { "x-kubernetes-int-or-string": true }), ...nullable };
  }
  return { ...PRESERVED, ...nullable };
}

function described({ description, default: fallback }: Record<string, unknown>): OpenApiSchema {
  return { ...(description !== undefined && { description }), ...(fallback !== undefined && { default: fallback }) };
}

function isEmpty(schema: Record<string, unknown>): boolean {
  return Object.keys(schema).every((key) => key.startsWith("~") || key === "description");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
