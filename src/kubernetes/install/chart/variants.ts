import type { Installation } from "../installation.ts";
import { DEFAULT_REVISION } from "../names.ts";
import { readInstallation } from "../read-installation.ts";
import { mergeTrees, type Tree } from "../tree.ts";
import { choose } from "./choose.ts";
import { value } from "./hole.ts";

export interface Condition {
  /** In Helm's language. */
  when: string;
  /** What the values are where it holds, and where not. */
  yes: Tree;
  no: Tree;
}

const REVISION = value("$revision");

/** Everything has two forms: that of the default revision, whose names are without it, and that of another. */
export const BY_REVISION: Condition = {
  when: `eq $revision "${DEFAULT_REVISION}"`,
  yes: { revision: DEFAULT_REVISION },
  no: { revision: REVISION },
};

/** A truth value that users set by the same name. */
export function byFlag(...path: string[]): Condition {
  const tree = (flag: boolean): Tree =>
    path.reduceRight<Tree>((inner, name, i) => ({ [name]: i === path.length - 1 ? flag : inner }), {});
  return { when: `$.Values.${path.join(".")}`, yes: tree(true), no: tree(false) };
}

/**
 * One tree for all that an installation may be: rendered with every combination of the conditions, with `holes` in the
 * values, and folded together.
 */
export function variants(
  conditions: readonly Condition[],
  holes: Tree,
  render: (installation: Installation) => unknown,
): unknown {
  const profile = readInstallation({ files: [], sets: [] });
  const fold = ([condition, ...others]: readonly Condition[], trees: readonly Tree[]): unknown => {
    if (!condition) return withSuffixes(render(withHoles(profile, trees)));
    const { when, yes, no } = condition;
    const side = (tree: Tree) => fold(others, [...trees, tree]);
    return choose(when, side(yes), side(no), condition === BY_REVISION ? ofDefaultRevision : (text) => text);
  };
  return fold(conditions, [holes]);
}

/** Holes have no types: what reads them finds texts and numbers of the right kinds. */
function withHoles(installation: Installation, holes: readonly Tree[]): Installation {
  const values = mergeTrees(installation.values, ...holes);
  const filled: Installation = JSON.parse(
    JSON.stringify({
      ...installation,
      revision: values.revision,
      namespace: value("$.Release.Namespace"),
      hub: value("$hub"),
      tag: value("$tag"),
      values,
    }),
  );
  return filled;
}

function ofDefaultRevision(text: string): string {
  return text.replaceAll(value("$suffix"), "").replaceAll(REVISION, DEFAULT_REVISION);
}

/** Names end in `-canary`, or in nothing. */
function withSuffixes(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree).replaceAll(`-${REVISION}`, value("$suffix")));
}
