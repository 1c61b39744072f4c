/** Who sets the kernel's rules in a pod: the proxy itself before it becomes Envoy, or a container that comes before. */
import type { Container } from "../../kinds/core/container.ts";
import type { Labels } from "../../mesh/model.ts";
import { interceptionOf } from "./interception.ts";
import type { ProxyOptions } from "./proxy-options.ts";
import { redirectRules } from "./redirect-rules.ts";
import { type InjectSettings, PROXY_UID } from "./settings.ts";

export const INIT_CONTAINER = "istio-init";

/** 15012, unless the installation says otherwise. */
function discoveryPort(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1)) || 15012;
}

export function rulesFor(annotations: Labels, { config }: ProxyOptions, settings: InjectSettings): string {
  const interception = interceptionOf(annotations, settings.interception, config.statusPort);
  return redirectRules(interception, discoveryPort(config.discoveryAddress || settings.discoveryAddress));
}

const ROOT = { runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 };
const CONFINED = { allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true };

/** Sets the rules in the pod's network namespace, in one transaction, and ends. */
export function initContainer(rules: string, options: ProxyOptions, settings: InjectSettings): Container {
  return {
    name: INIT_CONTAINER,
    image: options.image,
    ...(settings.imagePullPolicy && { imagePullPolicy: settings.imagePullPolicy }),
    command: ["nft", rules],
    resources: options.resources,
    securityContext: { ...CONFINED, ...ROOT, capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] } },
  };
}

/** Gives up all that it had, for good, and stays the same process: Envoy is a container's first, and gets its signals. */
const BECOME_PROXY = [
  "exec",
  ...["setpriv", `--reuid=${PROXY_UID}`, `--regid=${PROXY_UID}`, "--clear-groups"],
  ...["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"],
].join(" ");

/**
 * The same proxy, which first sets the rules itself: an init container would cost every pod a second, since that is how
 * often the kubelet looks whether one has ended. See docs/decisions/rules-by-the-proxy.md.
 */
export function withOwnRules(proxy: Container, rules: string, settings: InjectSettings): Container {
  // Rootless there is one user, and Envoy marks its connections, for which it needs NET_ADMIN.
  const become = settings.socketMark === undefined ? BECOME_PROXY : "exec";
  return {
    ...proxy,
    command: ["bash", "-c", `nft "$1" && shift && ${become} envoy "$@"`, "istio-proxy", rules],
    securityContext: {
      ...proxy.securityContext,
      ...CONFINED,
      ...ROOT,
      capabilities: { add: ["NET_ADMIN", "SETGID", "SETPCAP", "SETUID"], drop: ["ALL"] },
    },
  };
}
