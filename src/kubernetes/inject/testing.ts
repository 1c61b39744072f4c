/** For tests: a pod of the mesh, and what injection makes of it. */
import type { Container } from "../../kinds/core/container.ts";
import type { Pod } from "../../kinds/core/pod.ts";
import type { PodSpec } from "../../kinds/core/pod-spec.ts";
import { inject } from "./inject.ts";
import { defaultInjectSettings, type InjectSettings } from "./settings.ts";

export function pod(metadata: Partial<Pod["metadata"]> = {}, spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "reviews-v1-5f6-abcde",
      namespace: "default",
      labels: { app: "reviews", version: "v1", "pod-template-hash": "5f6" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: "reviews-v1-5f6", uid: "u", controller: true },
      ],
      ...metadata,
    },
    spec: { containers: [{ name: "reviews", image: "reviews:1" }], ...spec },
  };
}

export const ENABLED: Readonly<Record<string, string>> = { "istio-injection": "enabled" };

export function injected(candidate: Pod, settings: Partial<InjectSettings> = {}): Pod {
  const all = { ...defaultInjectSettings, ...settings };
  return inject(candidate, { namespace: "default", namespaceLabels: ENABLED, settings: all });
}

/** The pod with these annotations, injected. */
export function annotated(annotations: Record<string, string>, settings: Partial<InjectSettings> = {}): Pod {
  return injected(pod({ annotations }), settings);
}

export function containerOf({ spec }: Pod, name: string): Container | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find((each) => each.name === name);
}

export function proxyOf(made: Pod): Container {
  const proxy = containerOf(made, "istio-proxy");
  if (!proxy) throw new Error("the pod has no proxy");
  return proxy;
}

/** Envoy's bootstrap, as text. */
export function bootstrapOf(made: Pod): string {
  const { args = [] } = proxyOf(made);
  return args[args.indexOf("--config-yaml") + 1] ?? "";
}
