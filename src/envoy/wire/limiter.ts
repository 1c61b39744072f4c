/**
 * The service that counts Global rate limits, as every proxy finds it: whatever Sidecars and DestinationRules say to its
 * namespace, and only if it shows the service's own identity.
 */
import type { Cluster } from "#envoy/config/cluster/v3/cluster_pb.js";
import type { Reader } from "../../engine/derived.ts";
import type { ClusterSpec } from "../../mesh/lookups.ts";
import type { MeshSettings } from "../../mesh/model.ts";
import { LIMITER } from "../../mesh/security/rate-limit-model.ts";
import { formatSpiffeId, trustDomainsOf } from "../../mesh/spiffe.ts";
import { outboundCluster, stubCluster } from "../clusters.ts";
import { meshTlsOf } from "../mesh-tls.ts";
import { LIMITER_CLUSTER, statName } from "../names.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";

/** Without the service the cluster has no endpoints: then each rule's own choice holds, at once. */
export function limiterCluster(read: Reader, mesh: MeshRows, scope: Scope): Cluster {
  const settings = mesh.settings(read);
  const spec = limiterSpec(read, mesh);
  if (!spec) return stubCluster(LIMITER_CLUSTER, settings);
  const server = { ...meshTlsOf(settings, scope.identity), names: limiterIdentities(settings), auto: "All" } as const;
  const cluster = outboundCluster({ ...spec, policy: {}, settings, client: scope.type, mesh: server });
  return { ...cluster, name: LIMITER_CLUSTER, altStatName: statName(LIMITER_CLUSTER) };
}

/** Undefined where it is not installed. */
export function limiterSpec(read: Reader, mesh: MeshRows): ClusterSpec | undefined {
  const settings = mesh.settings(read);
  return mesh.cluster(read, settings.rootNamespace, limiterName(settings));
}

function limiterName({ rootNamespace, clusterDomain }: MeshSettings) {
  return { host: `${LIMITER.service}.${rootNamespace}.svc.${clusterDomain}`, port: LIMITER.port, subset: "" };
}

function limiterIdentities(settings: MeshSettings): string[] {
  const account = { namespace: settings.rootNamespace, serviceAccount: LIMITER.service };
  return trustDomainsOf(settings).map((trustDomain) => formatSpiffeId({ trustDomain, ...account }));
}
