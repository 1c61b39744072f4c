import { create } from "@bufbuild/protobuf";
import {
  type Route,
  RouteSchema,
  VirtualHost_TlsRequirementType as Tls,
  type VirtualHost,
  VirtualHostSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import { noTimeout } from "./durations.ts";
import { PASSTHROUGH_CLUSTER } from "./names.ts";

export interface VirtualHostParams {
  /** When delivered by VHDS: exactly the resource's name, `9080/reviews:9080`, or Envoy ignores its removal. */
  name: string;
  domains: readonly string[];
  routes: readonly Route[];
  /** Answers plain HTTP by a redirect to HTTPS. */
  httpsRedirect?: boolean;
}

/**
 * Leaves no request without an answer: where no route matches, Envoy would ask the control plane for the virtual host of
 * the request's own Host, though it has the one that counts, and make the request wait for it.
 */
export function virtualHost({ name, domains, routes, httpsRedirect = false }: VirtualHostParams): VirtualHost {
  return create(VirtualHostSchema, {
    name,
    domains: [...domains],
    routes: takesAll(routes.at(-1)) ? [...routes] : [...routes, answer("not_found", 404)],
    // tells applications which attempt this is, as Istio's proxies do
    includeRequestAttemptCount: true,
    requireTls: httpsRedirect ? Tls.ALL : Tls.NONE,
  });
}

type Named = Pick<VirtualHostParams, "name" | "domains">;

/** For a host that the mesh does not know, where it may be reached: to the address that the client asked for. */
export function passthroughVirtualHost(named: Named): VirtualHost {
  const route = create(RouteSchema, {
    name: "allow_any",
    match: { pathSpecifier: { case: "prefix", value: "/" } },
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: PASSTHROUGH_CLUSTER },
        timeout: noTimeout(),
        idleTimeout: noTimeout(),
      },
    },
  });
  return virtualHost({ ...named, routes: [route] });
}

/** For a host that the mesh does not know under REGISTRY_ONLY: Istio's answer is 502. */
export function blockedVirtualHost(named: Named): VirtualHost {
  return virtualHost({ ...named, routes: [answer("block_all", 502)] });
}

/** For a host that a gateway does not serve. */
export function notFoundVirtualHost(named: Named): VirtualHost {
  return virtualHost({ ...named, routes: [] });
}

function takesAll(route: Route | undefined): boolean {
  const match = route?.match;
  if (match?.pathSpecifier.case !== "prefix" || match.pathSpecifier.value !== "/") return false;
  return match.headers.length === 0 && match.queryParameters.length === 0 && match.runtimeFraction === undefined;
}

/**
 * Matches no request. A route configuration whose virtual hosts come by VHDS holds its listener back until one came
 * or a timeout passed; this one is sent where there is nothing else to send.
 */
export function placeholderVirtualHost(name: string): VirtualHost {
  return create(VirtualHostSchema, { name, domains: ["placeholder.lateen.invalid"] });
}

function answer(name: string, status: number): Route {
  return create(RouteSchema, {
    name,
    match: { pathSpecifier: { case: "prefix", value: "/" } },
    action: { case: "directResponse", value: { status } },
  });
}
