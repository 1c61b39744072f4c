/** What the status of a listener says: of a Gateway's own, and of one that a ListenerSet adds. */
import type { ConditionRow } from "../status-row.ts";
import { condition, type Fault, negativeCondition } from "./conditions.ts";
import type { Listener } from "./listeners.ts";

export interface ListenerStatus {
  name: string;
  supportedKinds: Listener["supportedKinds"];
  attachedRoutes: number;
  conditions: readonly ConditionRow[];
}

export const RESOLVED: Fault = { reason: "ResolvedRefs", message: "All references resolved" };

/** Whether it can be served, as far as it is up to the listener. */
export function isValid({ rejected, refFault }: Listener): boolean {
  return !rejected && refFault?.reason !== "RefNotPermitted" && refFault?.reason !== "InvalidCertificateRef";
}

export function listenerStatus(
  listener: Listener,
  generation: number,
  attachedRoutes: number,
  gatewayFault: Fault | undefined,
): ListenerStatus {
  const { name, supportedKinds } = listener;
  return { name, supportedKinds, attachedRoutes, conditions: conditionsOf(listener, generation, gatewayFault) };
}

function conditionsOf(listener: Listener, generation: number, gatewayFault: Fault | undefined): ConditionRow[] {
  const { rejected, conflicted, refFault, overlapping } = listener;
  const invalid = rejected ?? (isValid(listener) ? undefined : refFault);
  const pending = gatewayFault && { reason: "Pending", message: gatewayFault.message };
  const programmed = conflicted ?? (invalid ? { reason: "Invalid", message: invalid.message } : pending);
  return [
    condition("Accepted", generation, rejected, { reason: "Accepted", message: "The listener is valid" }),
    condition("Programmed", generation, programmed, { reason: "Programmed", message: "Connections are accepted" }),
    condition("ResolvedRefs", generation, refFault, RESOLVED),
    negativeCondition("Conflicted", generation, conflicted, { reason: "NoConflicts", message: "No conflicts" }),
    ...(overlapping ? [negativeCondition("OverlappingTLSConfig", generation, overlapping, overlapping)] : []),
  ];
}
