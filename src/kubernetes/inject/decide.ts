import type { Pod } from "../../kinds/core/pod.ts";
import type { Labels } from "../../mesh/model.ts";
import { type LabelSelector, labelSelectorRequirements, matchesLabels } from "../../store/selectors.ts";
import type { InjectSettings } from "./settings.ts";

/** Namespaces of Kubernetes' own. */
export const NEVER_INJECTED: ReadonlySet<string> = new Set([
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "local-path-storage",
]);

/** Istio's words for both values in the older annotation. */
const YES = new Set(["y", "yes", "true", "on"]);

export interface Decision {
  inject: boolean;
  /** Why, in words for `lateen` to print. */
  reason: string;
}

export interface Candidate {
  pod: Pod;
  /** A pod in admission may not say it itself yet. */
  namespace: string;
  /** Undefined: whoever asks has chosen by the namespace's labels already, as a webhook's selectors do. */
  namespaceLabels?: Labels | undefined;
}

/**
 * Whether a pod gets a proxy, by Istio's rules: the pod's label decides, then its namespace's labels; some pods never
 * do. A namespace with `istio-injection=disabled` keeps all of its pods out.
 */
export function decideInjection(candidate: Candidate, settings: InjectSettings): Decision {
  return never(candidate) ?? byNamespace(candidate, settings) ?? byPolicy(candidate, settings);
}

function never({ pod, namespace, namespaceLabels }: Candidate): Decision | undefined {
  const annotations = pod.metadata.annotations ?? {};
  if (annotations["sidecar.istio.io/status"] !== undefined) return no("it has a proxy already");
  if (pod.spec.hostNetwork) return no("it uses the host's network, where redirection would catch the host's traffic");
  if (NEVER_INJECTED.has(namespace)) return no(`namespace ${namespace} is never injected`);
  if (wish(pod) === "false") return no("its label sidecar.istio.io/inject is false");
  if (namespaceLabels?.["istio-injection"] === "disabled") {
    return no(`namespace ${namespace} has istio-injection=disabled`);
  }
  return undefined;
}

/** Undefined: the namespace does not stand against it. */
function byNamespace({ pod, namespace, namespaceLabels }: Candidate, settings: InjectSettings): Decision | undefined {
  if (!namespaceLabels) return undefined;
  const { revision } = settings;
  const injection = namespaceLabels["istio-injection"];
  const namespaceRevision = namespaceLabels["istio.io/rev"];
  if (injection === undefined && namespaceRevision === undefined) {
    const podRevision = pod.metadata.labels?.["istio.io/rev"];
    if (podRevision !== undefined) {
      return podRevision === revision
        ? yes(`its label istio.io/rev is ${revision}`)
        : no(`its label istio.io/rev names revision ${podRevision}`);
    }
    if (wish(pod) === "true") return yes("its label sidecar.istio.io/inject is true");
    return settings.enableNamespacesByDefault
      ? undefined
      : no(`namespace ${namespace} has no label istio-injection=enabled`);
  }
  if (injection === "enabled" || namespaceRevision === revision) return undefined;
  return no(
    injection === undefined
      ? `namespace ${namespace} belongs to revision ${namespaceRevision}`
      : `namespace ${namespace} has istio-injection=${injection}, which is not "enabled"`,
  );
}

function byPolicy({ pod, namespace }: Candidate, settings: InjectSettings): Decision {
  if (wish(pod) === "true") return yes("its label sidecar.istio.io/inject is true");
  const annotation = pod.metadata.annotations?.["sidecar.istio.io/inject"];
  if (annotation !== undefined) {
    const reason = `its annotation sidecar.istio.io/inject is ${annotation}`;
    return YES.has(annotation.toLowerCase()) ? yes(reason) : no(reason);
  }
  const labels = pod.metadata.labels ?? {};
  const selected = (selectors: readonly LabelSelector[]): boolean =>
    selectors.map(labelSelectorRequirements).some((all) => all.length > 0 && matchesLabels(all, labels));
  if (selected(settings.neverInjectSelector)) return no("its labels match the installation's neverInjectSelector");
  if (selected(settings.alwaysInjectSelector)) return yes("its labels match the installation's alwaysInjectSelector");
  return settings.policy === "disabled"
    ? no("the installation injects only pods that ask for it")
    : yes(`namespace ${namespace} is labelled for injection`);
}

function wish(pod: Pod): string | undefined {
  return pod.metadata.labels?.["sidecar.istio.io/inject"];
}

function yes(reason: string): Decision {
  return { inject: true, reason };
}

function no(reason: string): Decision {
  return { inject: false, reason };
}
