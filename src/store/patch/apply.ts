/** The two halves of server-side apply that make values: merging what is applied, and taking back what no longer is. */
import { EMPTY, type FieldSet } from "./field-set.ts";
import { type Fields, isFields, own, put } from "./json.ts";
import type { Shapes } from "./shapes.ts";
import { partsOf } from "./walk.ts";

/** `live` with everything that `applied` says. Nulls say nothing. */
export function mergeApplied(live: unknown, applied: unknown, path: readonly string[], shapes: Shapes): unknown {
  if (isFields(applied)) {
    const base = isFields(live) && !shapes.atomicMap(path) ? live : {};
    const result: Fields = { ...base };
    for (const [name, value] of Object.entries(applied)) {
      if (value !== null) put(result, name, mergeApplied(own(base, name), value, [...path, name], shapes));
    }
    return result;
  }
  if (!Array.isArray(applied) || !Array.isArray(live)) return applied;
  const theirs = partsOf(live, path, shapes);
  const ours = partsOf(applied, path, shapes);
  if (!theirs || !ours) return applied;
  return mergeItems(theirs, ours, path, shapes);
}

type Items = NonNullable<ReturnType<typeof partsOf>>;

/**
 * Items in the applied order. An item that is only in `live` keeps its place before the next one that both have and
 * whose order they agree on; a new one comes right before the next that both have. (Kubernetes' own order.)
 */
function mergeItems(live: Items, applied: Items, path: readonly string[], shapes: Shapes): unknown[] {
  const result: unknown[] = [];
  const waiting = [...live.keys()].reverse();
  const shared = [...applied.keys()].filter((edge) => live.has(edge)).reverse();
  const takeOthers = (until: string | undefined): void => {
    for (let edge = waiting.at(-1); edge !== undefined && edge !== until; edge = waiting.at(-1)) {
      if (!applied.has(edge)) result.push(live.get(edge)?.value);
      waiting.pop();
    }
  };
  for (const [edge, { value }] of applied) {
    takeOthers(shared.at(-1));
    if (waiting.at(-1) === edge) waiting.pop();
    if (shared.at(-1) === edge) shared.pop();
    result.push(mergeApplied(live.get(edge)?.value, value, path, shapes));
  }
  takeOthers(undefined);
  return result;
}

/**
 * Takes out what the manager applied before (`last`) and nobody owns now (`owned`). What nobody ever owned, such as a
 * default, goes with the list item or the value that held it, and otherwise stays. Undefined: nothing is left.
 */
export function prune(
  value: unknown,
  last: FieldSet,
  owned: FieldSet,
  path: readonly string[],
  shapes: Shapes,
): unknown {
  const parts = partsOf(value, path, shapes);
  if (!parts || last.children.size === 0) return value;
  const kept: [string, unknown][] = [];
  let changed = false;
  for (const [edge, part] of parts) {
    const before = last.children.get(edge);
    const now = owned.children.get(edge);
    if (before?.member && !now) {
      changed = true;
      continue;
    }
    const child = before
      ? withKeys(edge, part.value, prune(part.value, before, now ?? EMPTY, part.path, shapes))
      : part.value;
    if (child !== part.value) changed = true;
    if (child !== undefined) kept.push([edge, child]);
  }
  if (!changed) return value;
  if (kept.length === 0 && !owned.member) return undefined;
  if (Array.isArray(value)) return kept.map(([, child]) => child);
  const result: Fields = {};
  for (const [edge, child] of kept) put(result, edge.slice(2), child);
  return result;
}

/** An item that stays keeps the keys by which it is told from the others, whoever owns them. */
function withKeys(edge: string, item: unknown, pruned: unknown): unknown {
  if (!edge.startsWith("k:") || pruned === item || !isFields(item)) return pruned;
  const keys: unknown = JSON.parse(edge.slice(2));
  const kept = isFields(keys) ? Object.entries(item).filter(([name]) => Object.hasOwn(keys, name)) : [];
  return { ...Object.fromEntries(kept), ...(isFields(pruned) ? pruned : {}) };
}
