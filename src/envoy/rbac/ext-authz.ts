/** The parts of Envoy's external authorization that are alike for requests and for connections. */
import { create } from "@bufbuild/protobuf";
import { type GrpcService, GrpcServiceSchema } from "#envoy/config/core/v3/grpc_service_pb.js";
import { type MetadataMatcher, MetadataMatcherSchema } from "#envoy/type/matcher/v3/metadata_pb.js";
import type { Authorization } from "../../mesh/security/authorization-model.ts";
import { milliseconds } from "../durations.ts";
import { outboundClusterName } from "../names.ts";
import { ASKED_RULE, type Ask } from "./steps.ts";

export function providerCluster({ host, provider }: Pick<Ask, "host" | "provider">): string {
  return outboundClusterName({ host, port: provider.port, subset: "" });
}

/** The clusters of those who may be asked: a proxy must hold them before the first call. */
export function askedClusters(authorization: Authorization | undefined): string[] {
  return (authorization?.custom ?? []).flatMap(({ provider, host }) =>
    provider ? [providerCluster({ provider, host })] : [],
  );
}

export function grpcService(ask: Ask): GrpcService {
  return create(GrpcServiceSchema, {
    targetSpecifier: { case: "envoyGrpc", value: { clusterName: providerCluster(ask), authority: ask.host } },
    timeout: milliseconds(ask.provider.timeoutMs),
  });
}

/** Only what a rule of this provider matched is asked about. `filter`: the RBAC filter that noted the rule. */
export function whereAsked({ rulePrefix }: Ask, filter: string): MetadataMatcher {
  return create(MetadataMatcherSchema, {
    filter,
    path: [{ segment: { case: "key", value: ASKED_RULE } }],
    value: {
      matchPattern: { case: "stringMatch", value: { matchPattern: { case: "prefix", value: rulePrefix } } },
    },
  });
}
