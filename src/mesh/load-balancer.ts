/** How a DestinationRule spreads requests. */
import { durationMs } from "../kinds/istio/duration.ts";
import type { LoadBalancerSpec } from "../kinds/istio/traffic-policy-schema.ts";
import type { LoadBalancer, LocalityBalancing, Warmup } from "./model.ts";

type HashSpec = NonNullable<LoadBalancerSpec["consistentHash"]>;
type HashOn = Extract<LoadBalancer, { on: unknown }>["on"];

export function loadBalancerOf(spec: LoadBalancerSpec | undefined): LoadBalancer | undefined {
  if (!spec) return undefined;
  const on = spec.consistentHash && hashOn(spec.consistentHash);
  if (spec.consistentHash && on) return hashing(spec.consistentHash, on);
  const warmup = warmupOf(spec);
  const extra = warmup ? { warmup } : {};
  switch (spec.simple) {
    case "PASSTHROUGH":
      return { type: "Passthrough" };
    case "ROUND_ROBIN":
      return { type: "RoundRobin", ...extra };
    case "RANDOM":
      return { type: "Random", ...extra };
    case "LEAST_CONN":
    case "LEAST_REQUEST":
      return { type: "LeastRequest", ...extra };
    case "UNSPECIFIED":
    case undefined:
      return warmup ? { type: "LeastRequest", warmup } : undefined;
    default:
      return undefined;
  }
}

function hashing(spec: HashSpec, on: HashOn): LoadBalancer {
  if (spec.maglev) return { type: "Maglev", on, ...(spec.maglev.tableSize && { tableSize: spec.maglev.tableSize }) };
  const minimumRingSize = spec.ringHash?.minimumRingSize || spec.minimumRingSize;
  return { type: "RingHash", on, ...(minimumRingSize && { minimumRingSize }) };
}

function hashOn(spec: HashSpec): HashOn | undefined {
  if (spec.httpHeaderName) return { type: "Header", name: spec.httpHeaderName };
  if (spec.httpCookie) {
    const { name, path, ttl } = spec.httpCookie;
    return {
      type: "Cookie",
      name,
      ...(path && { path }),
      ttlSeconds: Math.round((durationMs(ttl ?? "0") ?? 0) / 1000),
    };
  }
  if (spec.useSourceIp) return { type: "SourceIp" };
  return spec.httpQueryParameterName ? { type: "QueryParameter", name: spec.httpQueryParameterName } : undefined;
}

function warmupOf(spec: LoadBalancerSpec): Warmup | undefined {
  const ms = durationMs(spec.warmup?.duration ?? spec.warmupDurationSecs ?? "");
  if (!ms) return undefined;
  const { minimumPercent, aggression } = spec.warmup ?? {};
  return {
    durationSeconds: ms / 1000,
    ...(minimumPercent !== undefined && { minimumPercent }),
    ...(aggression !== undefined && { aggression }),
  };
}

export function localityOf(spec: LoadBalancerSpec | undefined): LocalityBalancing | undefined {
  const setting = spec?.localityLbSetting;
  if (!setting) return undefined;
  return {
    enabled: setting.enabled ?? true,
    distribute: (setting.distribute ?? []).map(({ from = "", to = {} }) => ({ from, to })),
    failover: (setting.failover ?? []).map(({ from = "", to = "" }) => ({ from, to })),
    failoverPriority: setting.failoverPriority ?? [],
  };
}
