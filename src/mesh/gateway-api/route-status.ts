/** What the status of a route says. */
import type { ParentRef } from "../../kinds/gateway-api/common.ts";
import type { ResourceType } from "../../store/object.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import type { ParentResult } from "./attachments.ts";
import { condition, type Fault } from "./conditions.ts";
import { CONTROLLER_NAME } from "./gateways.ts";
import type { Parsed } from "./objects.ts";

export interface RouteStatus {
  parents: readonly { parentRef: ParentRef; controllerName: string; conditions: readonly ConditionRow[] }[];
}

/** What is wrong with the rules of a route. */
export interface RouteFaults {
  /** References that cannot be followed; requests that need them get status 500, connections are closed. */
  refFault?: Fault;
  /** What the route asks for and is not served; such rules answer 500. */
  valueFault?: Fault;
}

export function routeStatus(
  type: ResourceType,
  { namespace, name, generation }: Pick<Parsed<object>, "namespace" | "name" | "generation">,
  parents: readonly ParentResult[],
  { refFault, valueFault }: RouteFaults = {},
): StatusRow<RouteStatus> {
  return {
    type,
    namespace,
    name,
    status: {
      parents: parents.map(({ ref, denied, listeners, service }) => ({
        parentRef: ref,
        controllerName: CONTROLLER_NAME,
        conditions: [
          condition("Accepted", generation, denied ?? valueFault, {
            reason: "Accepted",
            message: service
              ? `Routes clients of ${service.host}`
              : `Attached to ${listeners.length === 1 ? "listener" : "listeners"} ${listeners.map((each) => each.listener).join(", ")}`,
          }),
          condition("ResolvedRefs", generation, refFault, {
            reason: "ResolvedRefs",
            message: "All references resolved",
          }),
        ],
      })),
    },
  };
}
