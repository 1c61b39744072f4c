/** Label selectors of equality, as mesh kinds have them. */
import type { Labels } from "./model.ts";

export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** `app=reviews,version=v1`: one text for one selector, whatever the order in which it was written. */
export function selectorText(selector: Labels): string {
  return labelTexts(selector).join(",");
}

/** `app=reviews` for each label, sorted: the buckets in which something labelled is found. */
export function labelTexts(labels: Labels): string[] {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
}
