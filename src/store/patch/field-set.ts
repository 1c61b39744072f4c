/**
 * Sets of fields, as managedFields has them (fieldsV1): a tree whose edges are `f:name` for a field, `k:{…}` for an
 * item of a list by its keys, and `v:…` for an item of a set. A node may itself belong to the set, written `.`.
 */
import { type Fields, isFields } from "./json.ts";

export interface FieldSet {
  member: boolean;
  children: Map<string, FieldSet>;
}

export const EMPTY: FieldSet = Object.freeze({ member: false, children: new Map() });
export const LEAF: FieldSet = Object.freeze({ member: true, children: new Map() });

export function isEmpty(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** A node, with the children that are not empty. */
function node(member: boolean, children: Iterable<[string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [edge, child] of children) if (!isEmpty(child)) kept.set(edge, child);
  return { member, children: kept };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  for (const [edge, child] of b.children) children.set(edge, union(children.get(edge) ?? EMPTY, child));
  return { member: a.member || b.member, children };
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  return node(
    a.member && !b.member,
    [...a.children].map(([edge, child]) => [edge, difference(child, b.children.get(edge) ?? EMPTY)]),
  );
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return EMPTY;
  return node(
    a.member && b.member,
    [...a.children].map(([edge, child]) => [edge, intersection(child, b.children.get(edge) ?? EMPTY)]),
  );
}

export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a.member !== b.member || a.children.size !== b.children.size) return false;
  return [...a.children].every(([edge, child]) => {
    const other = b.children.get(edge);
    return other !== undefined && sameSet(child, other);
  });
}

/** The members as paths for people, shallow ones first: `.spec.ports[port=80,protocol="TCP"].name`. */
export function paths(set: FieldSet, prefix = ""): string[] {
  const children = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1));
  const here = children.filter(([, child]) => child.member).map(([edge]) => prefix + edgeText(edge));
  return [...here, ...children.flatMap(([edge, child]) => paths(child, prefix + edgeText(edge)))];
}

function edgeText(edge: string): string {
  const text = edge.slice(2);
  if (edge.startsWith("f:")) return `.${text}`;
  if (edge.startsWith("v:")) return `[=${text}]`;
  const keys: unknown = JSON.parse(text);
  const parts = isFields(keys) ? Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`) : [];
  return `[${parts.join(",")}]`;
}

export function toFieldsV1(set: FieldSet): Fields {
  const fields: Fields = set.member && set.children.size > 0 ? { ".": {} } : {};
  for (const edge of [...set.children.keys()].sort()) fields[edge] = toFieldsV1(set.children.get(edge) ?? EMPTY);
  return fields;
}

/** Of the root, `{}` is the empty set; below it, a member without children. */
export function fromFieldsV1(fields: unknown): FieldSet {
  const set = parse(fields);
  return set.children.size === 0 ? EMPTY : set;
}

function parse(fields: unknown): FieldSet {
  if (!isFields(fields)) return EMPTY;
  const edges = Object.entries(fields);
  if (edges.length === 0) return LEAF;
  return node(
    Object.hasOwn(fields, "."),
    edges.filter(([edge]) => /^[fkv]:/.test(edge)).map(([edge, child]) => [edge, parse(child)]),
  );
}
