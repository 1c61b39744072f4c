import { treeDifferences } from "../kubernetes/install/tree-differences.ts";

/** A line for each field that differs: `  spec.replicas: 1 → 2`. */
export function differenceLines(before: unknown, after: unknown): string[] {
  return treeDifferences(before, after).map(
    ({ path, before, after }) => `  ${path}: ${shown(before)} → ${shown(after)}`,
  );
}

function shown(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
