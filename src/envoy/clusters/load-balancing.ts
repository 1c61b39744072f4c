import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Cluster_SlowStartConfigSchema,
  type ClusterSchema,
  Cluster_LbPolicy as Policy,
} from "#envoy/config/cluster/v3/cluster_pb.js";
import type { LoadBalancer, TrafficPolicy, Warmup } from "../../mesh/model.ts";
import type { Fields } from "../any.ts";
import { seconds } from "../durations.ts";

type Init = Fields<typeof ClusterSchema>;

/** @param original The address that the client asked for is taken. */
export function balancing(policy: TrafficPolicy, original: boolean): Init {
  if (original) return { lbPolicy: Policy.CLUSTER_PROVIDED };
  return { ...algorithm(policy.loadBalancer), commonLbConfig: common(policy) };
}

/**
 * Below this share of usable endpoints Envoy sends to all, usable or not. Its own default, half, would send to pods that
 * are leaving whenever most of the old ones are; at one percent it does so when there is nobody else. With outlier
 * detection Istio's default counts, never: that would undo the ejections.
 */
const LAST_RESORT_PERCENT = 1;

function common({ locality, outlierDetection }: TrafficPolicy): NonNullable<Init["commonLbConfig"]> {
  return {
    ...(locality?.enabled && { localityConfigSpecifier: { case: "localityWeightedLbConfig", value: {} } as const }),
    healthyPanicThreshold: { value: outlierDetection ? (outlierDetection.minHealthPercent ?? 0) : LAST_RESORT_PERCENT },
  };
}

function algorithm(balancer: LoadBalancer | undefined): Init {
  switch (balancer?.type) {
    case undefined:
    case "LeastRequest":
      return {
        lbPolicy: Policy.LEAST_REQUEST,
        ...(balancer?.warmup && {
          lbConfig: { case: "leastRequestLbConfig", value: { slowStartConfig: slowStart(balancer.warmup) } } as const,
        }),
      };
    case "RoundRobin":
      return {
        lbPolicy: Policy.ROUND_ROBIN,
        ...(balancer.warmup && {
          lbConfig: { case: "roundRobinLbConfig", value: { slowStartConfig: slowStart(balancer.warmup) } } as const,
        }),
      };
    case "Random":
      return { lbPolicy: Policy.RANDOM };
    case "Passthrough":
      return { lbPolicy: Policy.CLUSTER_PROVIDED };
    case "RingHash":
      return {
        lbPolicy: Policy.RING_HASH,
        lbConfig: { case: "ringHashLbConfig", value: ringSizes(balancer.minimumRingSize ?? 1024) },
      };
    case "Maglev":
      return {
        lbPolicy: Policy.MAGLEV,
        ...(balancer.tableSize && {
          lbConfig: { case: "maglevLbConfig", value: { tableSize: BigInt(balancer.tableSize) } } as const,
        }),
      };
  }
}

/** Envoy's own bound; it refuses a minimum above the maximum. */
const MAX_RING = 8 * 1024 * 1024;

function ringSizes(minimum: number) {
  return { minimumRingSize: BigInt(Math.min(minimum, MAX_RING)) };
}

function slowStart(warmup: Warmup): MessageInitShape<typeof Cluster_SlowStartConfigSchema> {
  return {
    slowStartWindow: seconds(warmup.durationSeconds),
    // the key is required, and never set in the runtime
    aggression: { defaultValue: warmup.aggression ?? 1, runtimeKey: "lateen.warmup.aggression" },
    minWeightPercent: { value: warmup.minimumPercent ?? 10 },
  };
}
