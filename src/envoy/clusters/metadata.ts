import type { Metadata } from "#envoy/config/core/v3/base_pb.js";
import type { ObjectRef, Service } from "../../mesh/model.ts";
import { istioMetadata } from "../metadata.ts";
import { configPath } from "../names.ts";

/** What telemetry and Istio's tools read from a cluster: the services, the subset, the policy's object. */
export function clusterMetadata(
  services: readonly Service[],
  { subset, origin }: { subset: string; origin?: ObjectRef },
): Metadata {
  return istioMetadata({
    ...(origin && { config: configPath(origin) }),
    services: services.map((service) => ({
      host: service.host,
      name: service.origin.kind === "Service" ? service.origin.name : service.host,
      namespace: service.namespace,
    })),
    ...(subset && { subset }),
  });
}
