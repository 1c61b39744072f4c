import type { VirtualHost } from "#envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import type { Reader } from "../../engine/derived.ts";
import { encode } from "../encode.ts";
import type { Resource } from "../resource.ts";
import { eagerRouteConfiguration, gatewayRouteConfiguration, lazyRouteConfiguration } from "../route-configs.ts";
import { blockedVirtualHost, notFoundVirtualHost, passthroughVirtualHost } from "../virtual-hosts.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";
import { gatewayVirtualHost } from "./virtual-hosts.ts";

/** What a proxy gets under a route configuration's name. Its virtual hosts, but for `*`, are resources of their own. */
export function routeConfigRow(read: Reader, mesh: MeshRows, scope: Scope, name: string): Resource {
  if (scope.type === "Gateway") {
    const catchAll = gatewayVirtualHost(read, mesh, scope, `${name}/*`, "*");
    const rest = catchAll?.host ?? notFoundVirtualHost({ name: "not_found", domains: ["*"] });
    const config = gatewayRouteConfiguration({ name, rest });
    return encode(RouteConfigurationSchema, config, { name, origins: catchAll?.origins ?? [] });
  }
  const config =
    scope.delivery === "Lazy"
      ? lazyRouteConfiguration({ name })
      : eagerRouteConfiguration({ name, rest: unknownHosts(read, mesh, scope.client) });
  return encode(RouteConfigurationSchema, config, { name, origins: [] });
}

function unknownHosts(read: Reader, mesh: MeshRows, client: string): VirtualHost {
  return mesh.outboundTrafficPolicy(read, client) === "REGISTRY_ONLY"
    ? blockedVirtualHost({ name: "block_all", domains: ["*"] })
    : passthroughVirtualHost({ name: "allow_any", domains: ["*"] });
}
