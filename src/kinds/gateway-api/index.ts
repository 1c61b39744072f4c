/**
 * The kinds of gateway.networking.k8s.io that Lateen serves, as in the CRDs of the Gateway API v1.6 (standard channel,
 * and HTTPRoute's `retry` of the experimental one). What the CRDs say in CEL is said here by `validate`.
 */
import type { Kind } from "../kind.ts";
import { backendTlsPolicyKind } from "./backend-tls-policy.ts";
import { gatewayKind } from "./gateway.ts";
import { gatewayClassKind } from "./gateway-class.ts";
import { grpcRouteKind } from "./grpc-route.ts";
import { httpRouteKind } from "./http-route.ts";
import { listenerSetKind } from "./listener-set.ts";
import { referenceGrantKind } from "./reference-grant.ts";
import { tcpRouteKind } from "./tcp-route.ts";
import { tlsRouteKind } from "./tls-route.ts";

export const gatewayApiKinds: readonly Kind[] = [
  gatewayClassKind,
  gatewayKind,
  listenerSetKind,
  httpRouteKind,
  grpcRouteKind,
  tlsRouteKind,
  tcpRouteKind,
  backendTlsPolicyKind,
  referenceGrantKind,
];
