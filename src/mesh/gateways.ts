/**
 * What the gateways serve. Each API (Istio's Gateway and VirtualService here, the Gateway API in gateway-api/) contributes
 * servers, hosts and TCP routes to gateway workloads; this file's types are all that the two have in common.
 *
 * A gateway workload is named `namespace/name` after what owns its pods, mostly a Deployment:
 * `istio-system/istio-ingressgateway`, `default/bookinfo-gateway-istio`. Its replicas share all rows.
 */
import type { Collection } from "../engine/collection.ts";
import type { GatewayServer, HttpRoute, TcpRoute } from "./model.ts";

interface Contribution {
  /** The gateway workload, `namespace/name`. */
  gateway: string;
  /** Where Envoy listens, with `bind`: contributions with equal ones meet on one listener. */
  targetPort: number;
  /** The address to listen on, "" for all. */
  bind: string;
  /** Unix milliseconds of the object: of two that want the same, the older one goes first. */
  createdAt: number;
}

/** A server as one object wants it. */
export interface GatewayServerContribution extends Contribution {
  server: GatewayServer;
}

/**
 * HTTP routes for one domain, in the order in which they match. Contributions to the same domain are put one after the
 * other, the older first; an API with an order of its own across objects contributes one row per domain.
 */
export interface GatewayHostContribution extends Contribution {
  /** As Envoy matches it: `*`, `*.example.com`, `example.com`. */
  domain: string;
  routes: readonly HttpRoute[];
}

/** TCP and TLS passthrough routes. */
export interface GatewayTcpContribution extends Contribution {
  routes: readonly TcpRoute[];
}

/** What one API contributes. Keys of the rows are its own affair; names of the collections must be unique. */
export interface GatewayContributions {
  servers: Collection<GatewayServerContribution>;
  hosts: Collection<GatewayHostContribution>;
  tcpRoutes: Collection<GatewayTcpContribution>;
}
