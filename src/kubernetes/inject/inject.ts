/**
 * Injection: how a pod of the mesh gets its proxy. Pure functions from pod to pod, used by the one-machine world when it
 * makes pods, by a cluster's admission webhook, and for the gateways that are deployed automatically.
 */
import type { Pod } from "../../kinds/core/pod.ts";
import type { Labels } from "../../mesh/model.ts";
import { decideInjection } from "./decide.ts";
import { InjectionError } from "./error.ts";
import { gatewayTemplate } from "./gateway.ts";
import type { InjectSettings } from "./settings.ts";
import { sidecarTemplate } from "./sidecar.ts";

export interface InjectContext {
  /** A pod in admission may not say it itself yet. */
  namespace: string;
  namespaceLabels: Labels;
  settings: InjectSettings;
}

const TEMPLATES = "inject.istio.io/templates";

/** The pod with its proxy, or the same pod when it is to have none. Throws InjectionError for what cannot be done. */
export function inject(pod: Pod, { namespace, namespaceLabels, settings }: InjectContext): Pod {
  if (!decideInjection(pod, namespace, namespaceLabels, settings.revision).inject) return pod;
  const names = (pod.metadata.annotations?.[TEMPLATES] ?? "sidecar").split(",").map((name) => name.trim());
  return names.reduce((made, name) => {
    if (name === "sidecar") return sidecarTemplate(made, settings);
    if (name === "gateway") return gatewayTemplate(made, settings);
    throw new InjectionError(TEMPLATES, `there is no template "${name}"`, "write sidecar or gateway");
  }, pod);
}
