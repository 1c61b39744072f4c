/** An object as field sets see it: what it holds, and what differs between two. */
import { StoreError } from "../error.ts";
import { EMPTY, type FieldSet, isEmpty, LEAF } from "./field-set.ts";
import { canonical, type Fields, isFields, own } from "./json.ts";
import { KEY_DEFAULTS, type Shapes } from "./shapes.ts";

/** The named parts of a value that merge on their own; undefined when it is taken as a whole. */
export type Parts = Map<string, { value: unknown; path: readonly string[] }>;

export function partsOf(value: unknown, path: readonly string[], shapes: Shapes): Parts | undefined {
  if (isFields(value)) {
    if (shapes.atomicMap(path)) return undefined;
    return new Map(
      Object.entries(value).map(([name, child]) => [`f:${name}`, { value: child, path: [...path, name] }]),
    );
  }
  if (!Array.isArray(value)) return undefined;
  const shape = shapes.list(path);
  if (shape.type === "atomic") return undefined;
  const parts: Parts = new Map();
  for (const item of value) {
    const edge = shape.type === "set" ? `v:${canonical(item)}` : keyEdge(item, shape.keys);
    // Without its keys an item has no name, and the list can only be taken as a whole.
    if (edge === undefined) return undefined;
    if (!parts.has(edge)) parts.set(edge, { value: item, path });
  }
  return parts;
}

function keyEdge(item: unknown, keys: readonly string[]): string | undefined {
  if (!isFields(item)) return undefined;
  const id: Fields = {};
  for (const key of keys) {
    const value = own(item, key) ?? KEY_DEFAULTS[key];
    if (value !== undefined) id[key] = value;
  }
  return Object.keys(id).length === 0 ? undefined : `k:${canonical(id)}`;
}

/** An item of a map list or set is a member itself, besides what it holds. */
const isItem = (edge: string): boolean => !edge.startsWith("f:");

/** All that a value holds. Containers belong to it only when they are empty, or `whole` asks for them. */
export function fieldsOf(value: unknown, path: readonly string[], shapes: Shapes, whole = false): FieldSet {
  const parts = partsOf(value, path, shapes);
  if (!parts || parts.size === 0) return LEAF;
  const children = new Map<string, FieldSet>();
  for (const [edge, part] of parts) {
    const child = fieldsOf(part.value, part.path, shapes, whole);
    children.set(edge, isItem(edge) ? { ...child, member: true } : child);
  }
  return { member: whole, children };
}

interface Difference {
  /** Added or given another value. */
  changed: FieldSet;
  removed: FieldSet;
}

const SAME: Difference = { changed: EMPTY, removed: EMPTY };

export function compare(before: unknown, after: unknown, path: readonly string[], shapes: Shapes): Difference {
  if (before === after) return SAME;
  if (before === undefined) return { changed: fieldsOf(after, path, shapes, true), removed: EMPTY };
  if (after === undefined) return { changed: EMPTY, removed: fieldsOf(before, path, shapes, true) };
  const a = partsOf(before, path, shapes);
  const b = partsOf(after, path, shapes);
  if (!a || !b || Array.isArray(before) !== Array.isArray(after)) {
    if (canonical(before) === canonical(after)) return SAME;
    if (!a && !b) return { changed: LEAF, removed: EMPTY };
    return { changed: fieldsOf(after, path, shapes, true), removed: fieldsOf(before, path, shapes, true) };
  }
  const changed = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const edge of new Set([...a.keys(), ...b.keys()])) {
    const at = a.get(edge)?.path ?? b.get(edge)?.path ?? path;
    const difference = compare(a.get(edge)?.value, b.get(edge)?.value, at, shapes);
    if (!isEmpty(difference.changed)) changed.set(edge, difference.changed);
    if (!isEmpty(difference.removed)) removed.set(edge, difference.removed);
  }
  return { changed: { member: false, children: changed }, removed: { member: false, children: removed } };
}

/** Refuses a list in which two items have the same key: it would not be clear which is meant. */
export function checkKeys(value: unknown, path: readonly string[], shapes: Shapes): void {
  const parts = partsOf(value, path, shapes);
  if (!parts) return;
  if (Array.isArray(value) && parts.size < value.length) {
    throw new StoreError("BadRequest", `.${path.join(".")}: duplicate entries for a key; each item's must be its own`);
  }
  for (const part of parts.values()) checkKeys(part.value, part.path, shapes);
}
