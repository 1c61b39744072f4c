/** Fields that a schema does not know: mostly misspelt. */
import { nearest } from "../../nearest.ts";
import { type Fields, isFields, own } from "../patch/json.ts";
import { fieldPath } from "./paths.ts";

interface UnknownField {
  /** `spec.htpp` */
  path: string;
  name: string;
  /** The object that has it, to take it out of. */
  parent: Fields;
  /** A known field with nearly the same name. */
  meant: string | undefined;
}

export function unknownFields(
  schema: object,
  value: unknown,
  steps: readonly (string | number)[] = [],
): UnknownField[] {
  return visit([schema], value, steps, schema);
}

/** `schemas` are all that the value may be an instance of: what any of them knows is known. */
function visit(
  schemas: readonly object[],
  value: unknown,
  steps: readonly (string | number)[],
  root: object,
): UnknownField[] {
  if (Array.isArray(value)) {
    const known = schemas.map((schema) => knownBy(schema, root));
    return value.flatMap((item, i) => {
      const below = known.flatMap(({ items, tuple }) => [...items, ...(tuple[i] ?? [])]);
      return below.length === 0 ? [] : visit(below, item, [...steps, i], root);
    });
  }
  if (!isFields(value)) return [];
  const known = schemas.map((schema) => knownBy(schema, root));
  const names = [...new Set(known.flatMap(({ properties }) => [...properties.keys()]))];
  const additional = known.flatMap(({ additional }) => additional);
  const open = names.length === 0 || known.some(({ open }) => open);
  return Object.entries(value).flatMap(([name, child]) => {
    const declared = known.flatMap(({ properties }) => properties.get(name) ?? []);
    const below = declared.length > 0 ? declared : additional;
    if (below.length > 0) return visit(below, child, [...steps, name], root);
    if (open) return [];
    return [{ path: fieldPath([...steps, name]), name, parent: value, meant: nearest(name, names) }];
  });
}

interface Known {
  properties: Map<string, object[]>;
  /** Schemas of properties that are not named. */
  additional: object[];
  items: object[];
  tuple: object[][];
  open: boolean;
}

/** A schema belongs to one root, so what it knows is gathered once. */
const gathered = new WeakMap<object, Known>();

function knownBy(schema: object, root: object): Known {
  let known = gathered.get(schema);
  if (!known) {
    known = gather(schema, root, new Set());
    gathered.set(schema, known);
  }
  return known;
}

/** What a schema says of its parts, with all branches of its compositions put together. */
function gather(schema: object, root: object, seen: ReadonlySet<object>): Known {
  const known: Known = { properties: new Map(), additional: [], items: [], tuple: [], open: false };
  if (seen.has(schema) || !isFields(schema)) return known;
  for (const [name, property] of Object.entries(fieldsAt(schema, "properties"))) {
    if (isFields(property)) known.properties.set(name, [property]);
    else known.properties.set(name, [{}]);
  }
  const { additionalProperties, items, prefixItems } = schema;
  if (isFields(additionalProperties)) known.additional.push(additionalProperties);
  for (const pattern of Object.values(fieldsAt(schema, "patternProperties"))) {
    if (isFields(pattern)) known.additional.push(pattern);
  }
  known.open = additionalProperties === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (isFields(items)) known.items.push(items);
  if (Array.isArray(prefixItems)) known.tuple = prefixItems.filter(isFields).map((item) => [item]);
  for (const branch of branches(schema, root)) {
    const other = gather(branch, root, new Set([...seen, schema]));
    for (const [name, schemas] of other.properties) {
      known.properties.set(name, [...(known.properties.get(name) ?? []), ...schemas]);
    }
    known.additional.push(...other.additional);
    known.items.push(...other.items);
    other.tuple.forEach((schemas, i) => {
      known.tuple[i] = [...(known.tuple[i] ?? []), ...schemas];
    });
    known.open ||= other.open;
  }
  return known;
}

function branches(schema: Fields, root: object): object[] {
  const lists = ["allOf", "anyOf", "oneOf"].flatMap((name) => {
    const list = own(schema, name);
    return Array.isArray(list) ? list : [];
  });
  const target = typeof schema.$ref === "string" ? resolve(schema.$ref, root) : undefined;
  return [...lists, own(schema, "then"), own(schema, "else"), target].filter(isFields);
}

function resolve(ref: string, root: object): unknown {
  if (ref === "#") return root;
  const definitions = isFields(root) ? fieldsAt(root, "$defs") : {};
  if (!ref.startsWith("#/")) return own(definitions, ref);
  return ref
    .slice(2)
    .split("/")
    .reduce<unknown>((at, name) => (isFields(at) ? own(at, name) : undefined), root);
}

function fieldsAt(schema: Fields, name: string): Fields {
  const fields = own(schema, name);
  return isFields(fields) ? fields : {};
}
