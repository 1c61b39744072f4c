import type { ConditionRow } from "../status-row.ts";

/** What went wrong: the reason in upstream's words and a sentence that says what to do. */
export interface Fault {
  reason: string;
  message: string;
}

/** True with `reason`, or False with the fault's. */
export function condition(type: string, generation: number, fault: Fault | undefined, fine: Fault): ConditionRow {
  const { reason, message } = fault ?? fine;
  return { type, status: fault ? "False" : "True", reason, message, observedGeneration: generation };
}

/** For conditions of which True is the bad news, such as Conflicted. */
export function negativeCondition(
  type: string,
  generation: number,
  fault: Fault | undefined,
  fine: Fault,
): ConditionRow {
  const { reason, message } = fault ?? fine;
  return { type, status: fault ? "True" : "False", reason, message, observedGeneration: generation };
}
