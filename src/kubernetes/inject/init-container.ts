import type { Container } from "../../kinds/core/container.ts";
import type { Labels } from "../../mesh/model.ts";
import { interceptionOf } from "./interception.ts";
import type { ProxyOptions } from "./proxy-options.ts";
import { redirectRules } from "./redirect-rules.ts";
import type { InjectSettings } from "./settings.ts";

export const INIT_CONTAINER = "istio-init";

/** 15012, unless the installation says otherwise. */
function discoveryPort(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1)) || 15012;
}

/** Sets the kernel's rules in the pod's network namespace, in one transaction, and ends. */
export function initContainer(annotations: Labels, options: ProxyOptions, settings: InjectSettings): Container {
  const { config } = options;
  const interception = interceptionOf(annotations, settings.interception, config.statusPort);
  return {
    name: INIT_CONTAINER,
    image: options.image,
    ...(settings.imagePullPolicy && { imagePullPolicy: settings.imagePullPolicy }),
    command: ["nft", redirectRules(interception, discoveryPort(config.discoveryAddress || settings.discoveryAddress))],
    resources: options.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: false,
      runAsUser: 0,
      runAsGroup: 0,
    },
  };
}
