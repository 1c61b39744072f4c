/** What the status of an HTTPRoute says. */
import type { ParentRef } from "../../kinds/gateway-api/common.ts";
import { httpRouteKind } from "../../kinds/gateway-api/http-route.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import type { ParentResult } from "./attachments.ts";
import { condition } from "./conditions.ts";
import { CONTROLLER_NAME } from "./gateways.ts";
import type { ResolvedRoute } from "./http-rules.ts";
import type { HttpRouteParsed } from "./objects.ts";

export interface RouteStatus {
  parents: readonly { parentRef: ParentRef; controllerName: string; conditions: readonly ConditionRow[] }[];
}

export function httpRouteStatus(
  route: HttpRouteParsed,
  parents: readonly ParentResult[],
  resolved: ResolvedRoute | undefined,
): StatusRow<RouteStatus> {
  const { namespace, name, generation } = route;
  return {
    type: httpRouteKind.type,
    namespace,
    name,
    status: {
      parents: parents.map(({ ref, denied, listeners, service }) => ({
        parentRef: ref,
        controllerName: CONTROLLER_NAME,
        conditions: [
          condition("Accepted", generation, denied ?? resolved?.valueFault, {
            reason: "Accepted",
            message: service
              ? `Routes clients of ${service.host}`
              : `Attached to ${listeners.length === 1 ? "listener" : "listeners"} ${listeners.map((each) => each.listener).join(", ")}`,
          }),
          condition("ResolvedRefs", generation, resolved?.refFault, {
            reason: "ResolvedRefs",
            message: "All references resolved",
          }),
        ],
      })),
    },
  };
}
