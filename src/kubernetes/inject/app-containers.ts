/** What injection does to a pod's own containers, so that no request is lost when they come and go. */
import type { AppProbe } from "../../envoy/bootstrap/app-probes.ts";
import type { Container } from "../../kinds/core/container.ts";
import type { PodSpec } from "../../kinds/core/pod-spec.ts";
import { rewriteProbes } from "./app-probes.ts";
import { PROXY_CONTAINER } from "./proxy-container.ts";
import type { ProxyOptions } from "./proxy-options.ts";

export interface AppContainers {
  spec: PodSpec;
  /** For the proxy to answer. */
  probes: readonly AppProbe[];
}

export function prepareApp(
  spec: PodSpec,
  { config, rewriteProbes: rewrite, leaveSeconds }: ProxyOptions,
): AppContainers {
  const leaving = withLeaveHooks(spec, leaveSeconds);
  return rewrite && config.statusPort !== 0 ? rewriteProbes(leaving, config.statusPort) : { spec: leaving, probes: [] };
}

/** The least part of its grace period that a container keeps for itself. */
const OWN_SHARE = 2 / 3;

/**
 * The kubelet tells a container to end at the moment at which everybody else begins to hear of it: for a while clients
 * go on to call it. With a hook that sleeps first, they have heard when it stops. Who has a hook has thought of it, and
 * what runs to completion has no clients.
 */
function withLeaveHooks(spec: PodSpec, leaveSeconds: number): PodSpec {
  const grace = spec.terminationGracePeriodSeconds ?? 30;
  const seconds = Math.min(leaveSeconds, Math.floor(grace * (1 - OWN_SHARE)));
  if (seconds <= 0 || (spec.restartPolicy ?? "Always") !== "Always") return spec;
  const leaving = (container: Container): Container =>
    container.name === PROXY_CONTAINER || container.lifecycle?.preStop
      ? container
      : { ...container, lifecycle: { ...container.lifecycle, preStop: { sleep: { seconds } } } };
  return { ...spec, containers: spec.containers.map(leaving) };
}
