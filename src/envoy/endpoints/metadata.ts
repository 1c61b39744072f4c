import { create } from "@bufbuild/protobuf";
import { type Metadata, MetadataSchema } from "#envoy/config/core/v3/base_pb.js";
import type { Endpoint, Labels } from "../../mesh/model.ts";

/** Istio's name for a control plane's only cluster. */
const CLUSTER_ID = "Kubernetes";

/** The mark of an endpoint that ends mutual TLS, by which clusters choose how to speak to it. */
export const MESHED = { "envoy.transport_socket_match": { tlsMode: "istio" } };

/**
 * Who is behind an endpoint, in Istio's encoding `workload;namespace;canonical name;canonical revision;cluster`, for the
 * metrics of clients; and whether it can end mutual TLS, for the choice of the transport socket.
 */
export function endpointMetadata(endpoint: Endpoint): { metadata?: Metadata } {
  const { workload, namespace, labels, meshed } = endpoint;
  if (workload === "" && !meshed) return {};
  const parts = [workload, namespace, canonicalName(labels, workload), canonicalRevision(labels), CLUSTER_ID];
  return {
    metadata: create(MetadataSchema, {
      filterMetadata: {
        ...(meshed && MESHED),
        istio: { workload: parts.join(";") },
      },
    }),
  };
}

function canonicalName(labels: Labels, workload: string): string {
  return labels["service.istio.io/canonical-name"] ?? labels["app.kubernetes.io/name"] ?? labels.app ?? workload;
}

/** `latest`, the default, is left out. */
function canonicalRevision(labels: Labels): string {
  const revision =
    labels["service.istio.io/canonical-revision"] ?? labels["app.kubernetes.io/version"] ?? labels.version ?? "";
  return revision === "latest" ? "" : revision;
}
