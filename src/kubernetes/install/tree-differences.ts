import { fieldPath } from "../../store/check/paths.ts";
import { canonical, isFields } from "../../store/patch/json.ts";

export interface TreeDifference {
  path: string;
  /** Undefined: it is not there. */
  before: unknown;
  after: unknown;
}

/** Where two trees differ: the fields and items at which they do, no deeper than one of them goes. */
export function treeDifferences(
  before: unknown,
  after: unknown,
  steps: readonly (string | number)[] = [],
): TreeDifference[] {
  if (canonical(before) === canonical(after)) return [];
  const names = isFields(before) && isFields(after) ? keys(before, after) : undefined;
  if (names) {
    return names.flatMap((name) =>
      treeDifferences(Reflect.get(before ?? {}, name), Reflect.get(after ?? {}, name), [...steps, name]),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => treeDifferences(before[i], after[i], [...steps, i])).flat();
  }
  return [{ path: fieldPath(steps), before, after }];
}

function keys(...trees: object[]): string[] {
  return [...new Set(trees.flatMap(Object.keys))];
}
