import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type RouteAction_HashPolicy as HashPolicy,
  RouteAction_HashPolicySchema as HashPolicySchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import type { LoadBalancer } from "../../mesh/model.ts";
import { seconds } from "../durations.ts";

/** What is hashed belongs to the route in Envoy, although users write it with the destination. */
export function hashPolicy(balancer: LoadBalancer | undefined): HashPolicy | undefined {
  if (balancer?.type !== "RingHash" && balancer?.type !== "Maglev") return undefined;
  return create(HashPolicySchema, { policySpecifier: specifier(balancer.on) });
}

function specifier(
  on: Extract<LoadBalancer, { on: unknown }>["on"],
): MessageInitShape<typeof HashPolicySchema>["policySpecifier"] & {} {
  switch (on.type) {
    case "Header":
      return { case: "header", value: { headerName: on.name } };
    case "Cookie":
      return { case: "cookie", value: { name: on.name, ttl: seconds(on.ttlSeconds), path: on.path ?? "" } };
    case "SourceIp":
      return { case: "connectionProperties", value: { sourceIp: true } };
    case "QueryParameter":
      return { case: "queryParameter", value: { name: on.name } };
  }
}
