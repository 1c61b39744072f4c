import { create } from "@bufbuild/protobuf";
import type { VirtualHost } from "#envoy/config/route/v3/route_components_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import { ads } from "./config-sources.ts";
import { seconds } from "./durations.ts";
import { UNDELIVERED } from "./undelivered.ts";

/** Istio's bound for the bodies of direct responses. */
const MAX_DIRECT_RESPONSE_BODY = 1024 * 1024;

/** How long a listener waits for the first virtual hosts of its route configuration. */
const FIRST_VIRTUAL_HOSTS_S = 1;

interface Common {
  name: string;
}

/**
 * What a sidecar serves on one port, `9080`: virtual hosts come by VHDS, pushed or when first asked for, as
 * `9080/reviews:9080`. There is no `*` here: that would keep Envoy from asking.
 */
export function lazyRouteConfiguration({ name }: Common): RouteConfiguration {
  return create(RouteConfigurationSchema, { ...common(name), vhds: { configSource: firstVirtualHosts() } });
}

/** The same with everything pushed: what no other virtual host claims is for `rest`, whose domain is `*`. */
export function eagerRouteConfiguration({ name, rest }: Common & { rest: VirtualHost }): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    ...common(name),
    virtualHosts: [rest],
    vhds: { configSource: firstVirtualHosts() },
    // clients write the port into the host or not: virtual hosts here name it without
    ignorePortInHostMatching: true,
  });
}

/** What a gateway serves on one port, `http.8080`: exactly what its routes name, pushed by VHDS. */
export function gatewayRouteConfiguration({ name, rest }: Common & { rest: VirtualHost }): RouteConfiguration {
  return eagerRouteConfiguration({ name, rest });
}

/** All in one resource, for who cannot do VHDS. */
export function staticRouteConfiguration(
  params: Common & { virtualHosts: readonly VirtualHost[] },
): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    ...common(params.name),
    virtualHosts: [...params.virtualHosts],
    ignorePortInHostMatching: true,
  });
}

function firstVirtualHosts() {
  return ads(seconds(FIRST_VIRTUAL_HOSTS_S));
}

function common(name: string) {
  // clusters may come after the routes that name them, or only when asked for
  return {
    name,
    validateClusters: false,
    maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BODY,
    responseHeadersToRemove: [UNDELIVERED],
  };
}
