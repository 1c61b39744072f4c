import type { ObjectMeta } from "../store/object.ts";

/** Unix milliseconds at which the object was created; 0 for one that was never stored. */
export function createdAt(metadata: ObjectMeta): number {
  const time = Date.parse(metadata.creationTimestamp ?? "");
  return Number.isNaN(time) ? 0 : time;
}

/** Older first; of the same second by namespace and name, so that an order is always there. */
export function byAge(
  a: { createdAt: number; origin: { namespace: string; name: string } },
  b: { createdAt: number; origin: { namespace: string; name: string } },
): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  const [x, y] = [`${a.origin.name}.${a.origin.namespace}`, `${b.origin.name}.${b.origin.namespace}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
