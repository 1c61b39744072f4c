import type { Type } from "typebox";
import type { Condition as ConditionSchema } from "../../kinds/core/shape.ts";
import { timestamp } from "./time.ts";

export type Condition = Type.Static<typeof ConditionSchema>;

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return conditions?.filter((condition) => condition.type !== type) ?? [];
}

export interface NewCondition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

/**
 * Sets a condition. One with the same status and reason stays as it is, for its times say since when; the time of
 * transition changes with the status alone. `refresh` writes it anew all the same: a sign of progress.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: NewCondition,
  now: Date,
  options: { refresh?: boolean; lastUpdate?: boolean } = {},
): Condition[] {
  const old = conditionOf(conditions, condition.type);
  if (old && !options.refresh && old.status === condition.status && old.reason === condition.reason) {
    return [...(conditions ?? [])];
  }
  const time = timestamp(now);
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? time) : time;
  return [
    ...withoutCondition(conditions, condition.type),
    { ...condition, lastTransitionTime, ...(options.lastUpdate && { lastUpdateTime: time }) },
  ];
}
