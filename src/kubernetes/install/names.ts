/** What objects of an installation are called and labelled: Istio's names, by which everybody finds them. */
import type { ObjectMeta } from "../../store/object.ts";
import { version } from "../../version.ts";
import type { Installation } from "./installation.ts";

export type ComponentName = "Base" | "Pilot" | "IngressGateways" | "EgressGateways";

export const DEFAULT_REVISION = "default";

/** `istiod`, or `istiod-canary`. */
export function revisioned(name: string, revision: string): string {
  return revision === DEFAULT_REVISION ? name : `${name}-${revision}`;
}

/** What everything that we install carries, so that it is found again. */
export function ownLabels(component: ComponentName): Record<string, string> {
  return {
    "app.kubernetes.io/part-of": "lateen",
    "install.operator.istio.io/owning-resource": "unknown",
    "operator.istio.io/component": component,
    "operator.istio.io/version": version(),
  };
}

/** What belongs to a revision carries its name too; what all revisions share does not. */
export function revisionLabels({ revision }: Pick<Installation, "revision">, component: ComponentName) {
  return { "istio.io/rev": revision, ...ownLabels(component) };
}

/** Metadata of an object of the control plane. */
export function pilotMeta(installation: Installation, name: string, labels: Record<string, string> = {}): ObjectMeta {
  return {
    name,
    namespace: installation.namespace,
    labels: { app: "istiod", istio: "pilot", ...revisionLabels(installation, "Pilot"), ...labels },
  };
}

/** The same of one that belongs to no namespace. */
export function clusterMeta(installation: Installation, name: string, labels: Record<string, string> = {}): ObjectMeta {
  const { namespace: _, ...metadata } = pilotMeta(installation, name, labels);
  return metadata;
}

/** What the control plane's pods are selected by: a canary's are not those of the default revision. */
export function pilotSelector({ revision }: Pick<Installation, "revision">): Record<string, string> {
  return revision === DEFAULT_REVISION
    ? { app: "istiod", istio: "pilot" }
    : { app: "istiod", "istio.io/rev": revision };
}
