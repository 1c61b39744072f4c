import type { Container } from "../../kinds/core/container.ts";
import type { Interception } from "./interception.ts";
import type { ProxyOptions } from "./proxy-config.ts";
import { redirectRules } from "./redirect-rules.ts";
import type { InjectSettings } from "./settings.ts";

/** 15012, unless the installation says otherwise. */
function discoveryPort({ discoveryAddress }: InjectSettings): number {
  return Number(discoveryAddress.slice(discoveryAddress.lastIndexOf(":") + 1)) || 15012;
}

/** Sets the kernel's rules in the pod's network namespace, in one transaction, and ends. */
export function initContainer(interception: Interception, options: ProxyOptions, settings: InjectSettings): Container {
  return {
    name: "istio-init",
    image: options.image,
    ...(settings.imagePullPolicy === undefined ? {} : { imagePullPolicy: settings.imagePullPolicy }),
    command: ["nft", redirectRules(interception, discoveryPort(settings))],
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
