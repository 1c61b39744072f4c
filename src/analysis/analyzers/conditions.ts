import { serviceKind } from "../../kinds/core/service.ts";
import { gatewayApiKinds } from "../../kinds/gateway-api/index.ts";
import { authorizationPolicyKind } from "../../kinds/istio/authorization-policy.ts";
import { serviceEntryKind } from "../../kinds/istio/service-entry.ts";
import { workloadEntryKind } from "../../kinds/istio/workload-entry.ts";
import { valueAt } from "../../store/check/paths.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";

const PROGRAMMED = ["Accepted", "Programmed", "ResolvedRefs"];
const WAYPOINT = ["istio.io/WaypointBound"];
const ROUTES = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"];

export const conditionsAnalyzer: Analyzer = {
  name: "conditions.ConditionAnalyzer",
  description: "Checks for conditions in the status of objects that say what does not work",
  needs: [],
  analyze({ objects }, report) {
    const look = (object: KubeObject, at: string, types: readonly string[]): void => {
      for (const condition of list(valueAt(object, at))) {
        const { type, status, reason, message } = Object(condition);
        if (!types.includes(String(type)) || status !== "False") continue;
        const text = `condition ${type} is False: ${reason}: ${message}`;
        report("NegativeConditionStatus", object, at, text);
      }
    };
    for (const kind of gatewayApiKinds) {
      for (const object of objects(kind)) {
        if (kind.type.kind === "Gateway") look(object, "status.conditions", PROGRAMMED);
        if (!ROUTES.includes(kind.type.kind)) continue;
        list(valueAt(object, "status.parents")).forEach((_parent, i) => {
          look(object, `status.parents[${i}].conditions`, PROGRAMMED);
        });
      }
    }
    for (const kind of [serviceKind, serviceEntryKind, workloadEntryKind]) {
      for (const object of objects<KubeObject>(kind)) look(object, "status.conditions", WAYPOINT);
    }
    for (const object of objects(authorizationPolicyKind)) {
      look(object, "status.conditions", ["WaypointAccepted", "ZtunnelAccepted"]);
    }
  },
};

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
