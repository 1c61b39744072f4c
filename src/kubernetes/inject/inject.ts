/**
 * Injection: how a pod of the mesh gets its proxy. Pure functions from pod to pod, used by the one-machine world when it
 * makes pods, by a cluster's admission webhook, for gateways that are deployed automatically, and by kube-inject.
 */
import type { Pod } from "../../kinds/core/pod.ts";
import type { Labels } from "../../mesh/model.ts";
import { hasIdentitySocket } from "../../mesh/workloads.ts";
import { decideInjection } from "./decide.ts";
import { InjectionError } from "./error.ts";
import { gatewayTemplate } from "./gateway.ts";
import { overlay } from "./overlay.ts";
import type { InjectSettings } from "./settings.ts";
import { sidecarTemplate } from "./sidecar.ts";

export interface InjectContext {
  /** A pod in admission may not say it itself yet. */
  namespace: string;
  /** Undefined: whoever asks has chosen by the namespace's labels already, as a webhook's selectors do. */
  namespaceLabels?: Labels | undefined;
  settings: InjectSettings;
}

const TEMPLATES = "inject.istio.io/templates";

/** The pod with its proxy, or the same pod when it is to have none. Throws InjectionError for what cannot be done. */
export function inject(pod: Pod, { namespace, namespaceLabels, settings }: InjectContext): Pod {
  if (!decideInjection({ pod, namespace, namespaceLabels }, settings).inject) return pod;
  const names = pod.metadata.annotations?.[TEMPLATES]?.split(",").map((name) => name.trim());
  const by = (settings: InjectSettings): Pod =>
    (names ?? settings.defaultTemplates).reduce((made, name) => template(made, name, settings), pod);
  const made = by(settings);
  // whether there is a socket is known when all templates have been laid over the pod
  return hasIdentitySocket(made) ? by({ ...settings, identitySocket: true }) : made;
}

function template(pod: Pod, name: string, settings: InjectSettings): Pod {
  if (name === "sidecar") return sidecarTemplate(pod, settings);
  if (name === "gateway") return gatewayTemplate(pod, settings);
  const text = settings.templates[name];
  if (text !== undefined) return overlay(pod, text, name);
  if (name.startsWith("grpc-")) {
    throw new InjectionError(TEMPLATES, "gRPC without a proxy is not supported", "write sidecar, or remove it");
  }
  const known = ["sidecar", "gateway", ...Object.keys(settings.templates)].join(", ");
  throw new InjectionError(TEMPLATES, `there is no template "${name}"`, `write one of ${known}`);
}
