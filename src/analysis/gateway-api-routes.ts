/** The Gateway API's routes, whatever they route, as far as their references go. */
import type { BackendObjectRef, ParentRef } from "../kinds/gateway-api/common.ts";
import { grpcRouteKind } from "../kinds/gateway-api/grpc-route.ts";
import { httpRouteKind } from "../kinds/gateway-api/http-route.ts";
import { tcpRouteKind } from "../kinds/gateway-api/tcp-route.ts";
import { tlsRouteKind } from "../kinds/gateway-api/tls-route.ts";
import type { KubeObject } from "../store/object.ts";
import type { World } from "./world.ts";

export interface Route extends KubeObject {
  spec: {
    parentRefs?: ParentRef[];
    rules?: { backendRefs?: BackendObjectRef[] }[];
  };
}

/** Those of files. Of a cluster's own its status says what they refer to in vain. */
export function routesOfFiles({ objects, placeOf }: World): Route[] {
  const routes: Route[] = [
    ...objects(httpRouteKind),
    ...objects(grpcRouteKind),
    ...objects(tlsRouteKind),
    ...objects(tcpRouteKind),
  ];
  return routes.filter((route) => placeOf(route) !== undefined);
}
