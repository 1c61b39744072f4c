/** Trees of settings, as YAML gives them, before their fields are known to be what they should. */
import { type Fields, isFields } from "../../store/patch/json.ts";
import { mergePatch } from "../../store/patch/merge-patch.ts";

export type Tree = Fields;

/** Later trees win: maps are merged, lists are replaced as a whole, null takes a field away. */
export function mergeTrees(...trees: readonly Tree[]): Tree {
  const merged = trees.reduce<unknown>(mergePatch, {});
  return isFields(merged) ? merged : {};
}

/** What is at `path`; undefined where it leads nowhere. */
export function at(tree: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, step) => (isFields(node) && Object.hasOwn(node, step) ? node[step] : undefined),
    tree,
  );
}

/** The tree at `path`, empty when there is none. */
export function treeAt(tree: unknown, ...path: readonly string[]): Tree {
  const found = at(tree, ...path);
  return isFields(found) ? found : {};
}
