/** By which gateways requests come to a service: of Istio's API, and of the Gateway API. */
import type { Service } from "../../kinds/core/service.ts";
import { httpRouteKind } from "../../kinds/gateway-api/http-route.ts";
import { MESH_GATEWAY } from "../../mesh/virtual-services.ts";
import type { World } from "../world.ts";
import { type Fact, fact, shortName } from "./fact.ts";
import { routeText } from "./virtual-services.ts";

export function describeIngress(world: World, host: string, service: Service): Fact[] {
  return [...ofIstio(world, host), ...ofGatewayApi(world, service)];
}

function ofIstio({ mesh, read }: World, host: string): Fact[] {
  return [...read.all(mesh.virtualServices.rows).values()].flatMap(({ origin, gateways, hosts, http }) => {
    const doors = gateways.filter((gateway) => gateway !== MESH_GATEWAY);
    const rules = http.filter(({ route = [] }) => route.some(({ destination }) => destination.host === host));
    if (doors.length === 0 || rules.length === 0) return [];
    const title = `Gateway: ${doors.join(", ")} for ${hosts.join(", ")}, by VirtualService ${shortName(origin)}`;
    return [fact(title, rules.map(routeText))];
  });
}

function ofGatewayApi({ objects }: World, { metadata }: Service): Fact[] {
  return objects(httpRouteKind).flatMap((route) => {
    const home = route.metadata.namespace;
    const leads = (route.spec.rules ?? []).some(({ backendRefs = [] }) =>
      backendRefs.some(
        ({ kind = "Service", name, namespace = home }) =>
          kind === "Service" && name === metadata.name && namespace === metadata.namespace,
      ),
    );
    if (!leads) return [];
    const parents = (route.spec.parentRefs ?? []).map(({ kind = "Gateway", name }) => `${kind} ${name}`);
    const hosts = route.spec.hostnames ?? [];
    const suffix = hosts.length === 0 ? "" : ` for ${hosts.join(", ")}`;
    return [fact(`HTTPRoute: ${shortName(route.metadata)} of ${parents.join(", ")}${suffix}`)];
  });
}
