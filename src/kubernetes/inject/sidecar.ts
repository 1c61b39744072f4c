import type { Container } from "../../kinds/core/container.ts";
import type { Pod } from "../../kinds/core/pod.ts";
import type { PodSpec } from "../../kinds/core/pod-spec.ts";
import { prepareApp } from "./app-containers.ts";
import { mergeContainer } from "./merge-container.ts";
import { PROXY_CONTAINER, proxyContainer } from "./proxy-container.ts";
import { type ProxyOptions, proxyOptions } from "./proxy-options.ts";
import { INIT_CONTAINER, initContainer, rulesFor, withOwnRules } from "./rules.ts";
import type { InjectSettings } from "./settings.ts";
import { withProxyMetadata, withVolumes } from "./template.ts";
import { userVolumeMounts } from "./volumes.ts";
import { workloadOf } from "./workload-of.ts";

/** Adds what redirects the pod's traffic, and Envoy beside the application. */
export function sidecarTemplate(pod: Pod, settings: InjectSettings): Pod {
  const annotations = pod.metadata.annotations ?? {};
  const options = proxyOptions(annotations, settings);
  const { spec, ...app } = prepareApp(pod.spec, options);
  const workload = workloadOf(pod.metadata).name;
  const made = proxyContainer({ type: "sidecar", workload, options, app, settings });
  const mounted = { ...made, volumeMounts: [...(made.volumeMounts ?? []), ...userVolumeMounts(annotations)] };
  const redirected = options.interception === "REDIRECT";
  const rules = redirected ? rulesFor(annotations, options, settings) : "";
  const byInit = redirected && options.initContainer;
  const ruling = redirected && !byInit ? withOwnRules(mounted, rules, settings) : mounted;
  const proxy = overridden(ruling, pod.spec);
  const init = byInit ? [overridden(initContainer(rules, options, settings), pod.spec)] : [];
  const placed = options.native ? nativeSidecar(spec, init, proxy) : classicSidecar(spec, init, proxy, options);
  const labelled = withProxyMetadata(pod, settings, {
    labels: { "security.istio.io/tlsMode": pod.metadata.labels?.["security.istio.io/tlsMode"] ?? "istio" },
    annotations: { "sidecar.istio.io/interceptionMode": options.interception },
    initContainers: [...init, ...(options.native ? [proxy] : [])].map(({ name }) => name),
    containers: options.native ? [] : [proxy.name],
  });
  return withVolumes({ ...labelled, spec: placed }, settings);
}

/** Init containers that stay start before the application and end after it: also when that is a Job's. */
function nativeSidecar(spec: PodSpec, init: readonly Container[], proxy: Container): PodSpec {
  return {
    ...spec,
    // First of all: the pod's own init containers may want the network too.
    initContainers: [...init, { ...proxy, restartPolicy: "Always" }, ...others(spec.initContainers)],
    containers: others(spec.containers),
  };
}

/**
 * Beside the application, for clusters that know no other way. Nothing ends it when the application has done its work:
 * the pod of a Job would run for ever. Its init containers come before the rules are set, since there is no proxy yet.
 */
function classicSidecar(spec: PodSpec, init: readonly Container[], proxy: Container, options: ProxyOptions): PodSpec {
  const apps = others(spec.containers);
  // The kubelet starts containers in order, and the next only when the hook of the one before has returned.
  const containers = options.config.holdApplicationUntilProxyStarts ? [proxy, ...apps] : [...apps, proxy];
  return { ...spec, initContainers: [...others(spec.initContainers), ...init], containers };
}

const OURS = new Set([PROXY_CONTAINER, INIT_CONTAINER]);

function others(containers: readonly Container[] | undefined): Container[] {
  return (containers ?? []).filter(({ name }) => !OURS.has(name));
}

/** With what the pod says of the container of this name itself. */
function overridden(made: Container, { initContainers = [], containers }: PodSpec): Container {
  const written = [...initContainers, ...containers].find(({ name }) => name === made.name);
  return written ? mergeContainer(made, written) : made;
}
