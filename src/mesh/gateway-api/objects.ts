/** The Gateway API's objects as the model reads them: with defaults, and without their status. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { type GatewayObject, type GatewaySpec, gatewayKind } from "../../kinds/gateway-api/gateway.ts";
import { type HttpRouteObject, type HttpRouteSpec, httpRouteKind } from "../../kinds/gateway-api/http-route.ts";
import type { KubeObject } from "../../store/object.ts";
import { createdAt } from "../age.ts";

interface Parsed<S> {
  namespace: string;
  name: string;
  generation: number;
  createdAt: number;
  annotations: Readonly<Record<string, string>>;
  spec: S;
}

export type GatewayParsed = Parsed<GatewaySpec>;
export type HttpRouteParsed = Parsed<HttpRouteSpec>;

/** Statuses are left out here, so that writing one recomputes nothing. */
export function parsedGateways(graph: Graph, objects: Collection<KubeObject>): Collection<GatewayParsed> {
  return graph.derive("gateway api gateways", objects, (_key, object) => {
    if (!isGateway(object)) return undefined;
    return parsed(object, (gatewayKind.defaults?.(object) ?? object).spec, (name) =>
      name.startsWith("gateway.istio.io/"),
    );
  });
}

export function parsedHttpRoutes(graph: Graph, objects: Collection<KubeObject>): Collection<HttpRouteParsed> {
  return graph.derive("http route objects", objects, (_key, object) => {
    if (!isHttpRoute(object)) return undefined;
    return parsed(object, (httpRouteKind.defaults?.(object) ?? object).spec, () => false);
  });
}

function parsed<S>(object: KubeObject, spec: S, keeps: (annotation: string) => boolean): Parsed<S> {
  const { metadata } = object;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    generation: metadata.generation ?? 0,
    createdAt: createdAt(metadata),
    annotations: Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => keeps(name))),
    spec,
  };
}

// The store admits only what the kind's schema admits; what has no spec came some other way.
function isGateway(object: KubeObject): object is GatewayObject {
  return hasSpec(object);
}

function isHttpRoute(object: KubeObject): object is HttpRouteObject {
  return hasSpec(object);
}

function hasSpec(object: KubeObject): boolean {
  return typeof object.spec === "object" && object.spec !== null;
}
