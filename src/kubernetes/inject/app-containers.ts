/** What injection does to a pod's own containers, so that no request is lost when they come and go. */
import type { AppProbe } from "../../envoy/bootstrap/app-probes.ts";
import { LEAVE_PATH } from "../../envoy/bootstrap/static-listeners.ts";
import type { Container } from "../../kinds/core/container.ts";
import type { PodSpec } from "../../kinds/core/pod-spec.ts";
import { rewriteProbes } from "./app-probes.ts";
import { PROXY_CONTAINER } from "./proxy-container.ts";
import type { ProxyOptions } from "./proxy-options.ts";

export interface AppContainers {
  spec: PodSpec;
  /** For the proxy to answer. */
  probes: readonly AppProbe[];
  /** For how long the proxy holds back who is about to end; 0: nobody. */
  leaveSeconds: number;
}

export function prepareApp(spec: PodSpec, options: ProxyOptions): AppContainers {
  const { statusPort } = options.config;
  if (statusPort === 0) return { spec, probes: [], leaveSeconds: 0 };
  const rewritten = options.rewriteProbes ? rewriteProbes(spec, statusPort) : { spec, probes: [] };
  const leaveSeconds = secondsToLeave(spec, options.leaveSeconds);
  return {
    ...rewritten,
    spec: leaveSeconds > 0 ? withLeaveHooks(rewritten.spec, statusPort) : rewritten.spec,
    leaveSeconds,
  };
}

/** The least part of its grace period that a container keeps for itself. */
const OWN_SHARE = 2 / 3;

/** What runs to completion has no clients. */
function secondsToLeave(
  { terminationGracePeriodSeconds = 30, restartPolicy = "Always" }: PodSpec,
  wish: number,
): number {
  return restartPolicy === "Always" ? Math.min(wish, Math.floor(terminationGracePeriodSeconds * (1 - OWN_SHARE))) : 0;
}

/**
 * The kubelet tells a container to end at the moment at which everybody else begins to hear of it: for a while clients
 * go on to call it. With a hook that takes a while, they have heard when it stops. Who has a hook has thought of it.
 */
function withLeaveHooks(spec: PodSpec, statusPort: number): PodSpec {
  const preStop = { httpGet: { path: LEAVE_PATH, port: statusPort } };
  const leaving = (container: Container): Container =>
    container.name === PROXY_CONTAINER || container.lifecycle?.preStop
      ? container
      : { ...container, lifecycle: { ...container.lifecycle, preStop } };
  return { ...spec, containers: spec.containers.map(leaving) };
}
