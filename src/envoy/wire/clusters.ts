import { type Cluster, ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import type { Reader } from "../../engine/derived.ts";
import type { ObjectRef, TrafficPolicy } from "../../mesh/model.ts";
import {
  blackHoleCluster,
  inboundCluster,
  inboundPassthroughCluster,
  outboundCluster,
  passthroughCluster,
  stubCluster,
} from "../clusters.ts";
import { encode } from "../encode.ts";
import { parseServerClusterName } from "../listeners/network-filters.ts";
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  LIMITER_CLUSTER,
  PASSTHROUGH_CLUSTER,
  parseOutboundClusterName,
} from "../names.ts";
import type { Resource } from "../resource.ts";
import { limiterCluster } from "./limiter.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";
import { policyFor, serverTls } from "./server-tls.ts";

/** TCP connections ask for the cluster of the address that they were made to: `tcp|10.96.0.7:3306`. */
const BY_ADDRESS = /^tcp\|\[?([^\]|]+)\]?:(\d+)$/;

/** What a proxy gets under a cluster's name. Every name has an answer: what does not exist has no endpoints. */
export function clusterRow(read: Reader, mesh: MeshRows, scope: Scope, name: string): Resource {
  const settings = mesh.settings(read);
  const client = scope.type;
  if (name === PASSTHROUGH_CLUSTER) return encoded(passthroughCluster(settings));
  if (name === INBOUND_PASSTHROUGH_CLUSTER) return encoded(inboundPassthroughCluster(settings));
  if (name === BLACK_HOLE_CLUSTER) return encoded(blackHoleCluster(settings));

  if (name === LIMITER_CLUSTER) return encoded(limiterCluster(read, mesh, scope));

  const named = parseOutboundClusterName(name);
  if (named) {
    const found = mesh.cluster(read, scope.client, named);
    if (!found) return encoded(stubCluster(name, settings));
    const tls = scope.type === "Gateway" ? mesh.backendTls(read, scope.workload, found) : undefined;
    if (tls === "Never") return encoded(stubCluster(name, settings), origins(found));
    const policy = tls ? { ...found.policy, tls } : policyFor(client, found);
    const subset = named.subset === "" ? {} : { subset: { name: named.subset, labels: found.subsetLabels } };
    const server = serverTls(read, mesh, found, scope);
    return encoded(outboundCluster({ ...found, ...subset, policy, settings, client, mesh: server }), origins(found));
  }

  const passed = parseServerClusterName(name);
  if (passed) {
    const found = mesh.cluster(read, scope.client, passed);
    if (!found) return encoded(stubCluster(name, settings));
    const subset = { name: passed.subset, labels: found.subsetLabels };
    // what comes is encrypted for whom it goes to
    const policy: TrafficPolicy = { ...found.policy, tls: { mode: "Disable", subjectAltNames: [] } };
    const server = serverTls(read, mesh, found, scope);
    return encoded(outboundCluster({ ...found, subset, policy, settings, client, name, mesh: server }), origins(found));
  }

  const [, address, port] = BY_ADDRESS.exec(name) ?? [];
  if (address === undefined) return encoded(stubCluster(name, settings));
  const target = mesh.serviceAt(read, scope.client, address, Number(port));
  if (!target) {
    const blocked = mesh.outboundTrafficPolicy(read, scope.client) === "REGISTRY_ONLY";
    return encoded(blocked ? stubCluster(name, settings) : passthroughCluster(settings, name));
  }
  const found = mesh.cluster(read, scope.client, { host: target.host, port: Number(port), subset: "" });
  if (!found) return encoded(stubCluster(name, settings));
  const policy = policyFor(client, found);
  const server = serverTls(read, mesh, found, scope);
  return encoded(outboundCluster({ ...found, policy, settings, client, name, mesh: server }), origins(found));
}

/** The cluster from a sidecar to its own application; undefined when no Service leads there. */
export function inboundClusterRow(read: Reader, mesh: MeshRows, pod: string, name: string): Resource | undefined {
  const targetPort = Number(name.split("|")[1]);
  const inbound = mesh.inbound(read, pod).find((each) => each.targetPort === targetPort);
  if (!inbound) return undefined;
  const { port, services } = inbound;
  return encoded(
    inboundCluster({ port, targetPort, services, settings: mesh.settings(read) }),
    services.map(({ origin }) => origin),
  );
}

function origins({ service, policy }: { service: { origin: ObjectRef }; policy: { origin?: ObjectRef } }): ObjectRef[] {
  return policy.origin ? [policy.origin, service.origin] : [service.origin];
}

function encoded(cluster: Cluster, from: readonly ObjectRef[] = []): Resource {
  return encode(ClusterSchema, cluster, { name: cluster.name, origins: from });
}
