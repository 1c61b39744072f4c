/**
 * Strategic merge patch: a merge patch that also merges lists by the key of their items, with directives inside
 * (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x`). kubectl sends it for built-in kinds.
 */
import { StoreError } from "../error.ts";
import { canonical, type Fields, isFields, own, put } from "./json.ts";
import type { Shapes } from "./shapes.ts";

const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

export function strategicPatch(target: Fields, patch: Fields, shapes: Shapes): Fields {
  return mergeFields(target, patch, [], shapes);
}

function mergeFields(target: Fields, patch: Fields, path: readonly string[], shapes: Shapes): Fields {
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === "replace") return withoutDirectives(fields);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") throw malformed(`unknown $patch ${canonical(directive)}`);
  const result: Fields = {};
  const keep = Array.isArray(retained) ? new Set(retained) : undefined;
  for (const [name, value] of Object.entries(target)) if (!keep || keep.has(name)) put(result, name, value);
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(ORDER)) continue;
    if (name.startsWith(DELETE_FROM)) {
      const field = name.slice(DELETE_FROM.length);
      const gone = new Set(listOf(value, name).map(canonical));
      const list = own(result, field);
      if (Array.isArray(list)) {
        put(
          result,
          field,
          list.filter((item) => !gone.has(canonical(item))),
        );
      }
    } else if (value === null) {
      delete result[name];
    } else if (Array.isArray(value)) {
      put(result, name, mergeLists(own(result, name), value, [...path, name], shapes));
    } else if (isFields(value)) {
      const before = own(result, name);
      const merged = mergeFields(isFields(before) ? before : {}, value, [...path, name], shapes);
      if (value.$patch === "delete") delete result[name];
      else put(result, name, merged);
    } else {
      put(result, name, value);
    }
  }
  for (const [name, order] of Object.entries(fields)) {
    if (!name.startsWith(ORDER)) continue;
    const field = name.slice(ORDER.length);
    const list = own(result, field);
    const before = own(target, field);
    if (!Array.isArray(list)) continue;
    const key = mergeKey([...path, field], shapes);
    put(result, field, ordered(list, listOf(order, name), Array.isArray(before) ? before : [], key));
  }
  return result;
}

function mergeLists(target: unknown, patch: readonly unknown[], path: readonly string[], shapes: Shapes): unknown[] {
  const replaces = patch.some((item) => isFields(item) && item.$patch === "replace" && Object.keys(item).length === 1);
  const shape = shapes.list(path);
  const plain = (): unknown[] => patch.filter((item) => !isDirective(item)).map(withoutDirectives);
  if (replaces || !Array.isArray(target)) {
    const key = mergeKey(path, shapes);
    // Deletions of what is not there, and items that were meant to be merged, apply to an empty list.
    return replaces || key === undefined ? plain() : mergeItems([], patch, key, path, shapes);
  }
  if (shape.type === "atomic") return plain();
  if (shape.type === "set") {
    const known = new Set(target.map(canonical));
    const merged = [...target, ...patch.filter((item) => !known.has(canonical(item)))];
    return ordered(merged, patch, target, undefined);
  }
  return mergeItems(target, patch, mergeKey(path, shapes) ?? "", path, shapes);
}

function mergeItems(
  target: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  path: readonly string[],
  shapes: Shapes,
): unknown[] {
  const result = [...target];
  for (const item of patch) {
    if (!isFields(item)) throw malformed(`an item of ${path.join(".")} is not an object`);
    const id = own(item, key);
    if (id === undefined) throw malformed(`map: ${canonical(item)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((other) => isFields(other) && canonical(own(other, key)) === canonical(id));
    if (item.$patch === "delete") {
      if (at >= 0) result.splice(at, 1);
      continue;
    }
    const before = result[at];
    const merged = mergeFields(isFields(before) ? before : {}, item, path, shapes);
    if (at >= 0) result[at] = merged;
    else result.push(merged);
  }
  return ordered(result, patch, target, key);
}

/**
 * The items that `order` names in that order, and the others put between them: each before the first named one that
 * it was before. New ones come first, which looks odd but is what Kubernetes does.
 */
function ordered(
  list: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const id = (item: unknown): string => canonical(key !== undefined && isFields(item) ? own(item, key) : item);
  const rank = new Map(order.map((item, i) => [id(item), i]));
  const place = new Map(before.map((item, i) => [id(item), i]));
  const named = list.filter((item) => rank.has(id(item)));
  named.sort((a, b) => (rank.get(id(a)) ?? 0) - (rank.get(id(b)) ?? 0));
  const others = list.filter((item) => !rank.has(id(item)));
  const result: unknown[] = [];
  for (const item of named) {
    const at = place.get(id(item));
    const isBefore = (other: unknown): boolean => at !== undefined && (place.get(id(other)) ?? at) < at;
    while (others.length > 0 && isBefore(others[0])) result.push(others.shift());
    result.push(item);
  }
  return [...result, ...others];
}

function mergeKey(path: readonly string[], shapes: Shapes): string | undefined {
  const shape = shapes.list(path);
  return shape.type === "map" ? shape.keys[0] : undefined;
}

function isDirective(item: unknown): boolean {
  return isFields(item) && typeof item.$patch === "string";
}

function withoutDirectives<T>(value: T): T;
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isDirective(item)).map((item) => withoutDirectives(item));
  if (!isFields(value)) return value;
  const result: Fields = {};
  for (const [name, child] of Object.entries(value)) {
    if (!name.startsWith("$") && child !== null) put(result, name, withoutDirectives(child));
  }
  return result;
}

function listOf(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(`${name} is not a list`);
}

function malformed(why: string): StoreError {
  return new StoreError("BadRequest", `invalid strategic merge patch: ${why}`);
}
