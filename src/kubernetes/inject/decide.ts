import type { Pod } from "../../kinds/core/pod.ts";
import type { Labels } from "../../mesh/model.ts";

const NEVER = new Set(["kube-system", "kube-public", "kube-node-lease", "local-path-storage"]);

/** Istio's words for both values in the older annotation. */
const YES = new Set(["y", "yes", "true", "on"]);

export interface Decision {
  inject: boolean;
  /** Why, in words for `lateen` to print. */
  reason: string;
}

/**
 * Whether a pod gets a proxy, by Istio's rules: the pod's label decides, then its namespace's labels; some pods never
 * do. A namespace with `istio-injection=disabled` keeps all of its pods out.
 */
export function decideInjection(pod: Pod, namespace: string, namespaceLabels: Labels, revision: string): Decision {
  const labels = pod.metadata.labels ?? {};
  const annotations = pod.metadata.annotations ?? {};
  const wish = labels["sidecar.istio.io/inject"];
  const injection = namespaceLabels["istio-injection"];
  const namespaceRevision = namespaceLabels["istio.io/rev"];

  if (annotations["sidecar.istio.io/status"] !== undefined) return no("it has a proxy already");
  if (pod.spec.hostNetwork) return no("it uses the host's network, where redirection would catch the host's traffic");
  if (NEVER.has(namespace)) return no(`namespace ${namespace} is never injected`);
  if (wish === "false") return no("its label sidecar.istio.io/inject is false");
  if (injection === "disabled") return no(`namespace ${namespace} has istio-injection=disabled`);

  if (injection === undefined && namespaceRevision === undefined) {
    const podRevision = labels["istio.io/rev"];
    if (podRevision !== undefined) {
      return podRevision === revision
        ? yes(`its label istio.io/rev is ${revision}`)
        : no(`its label istio.io/rev names revision ${podRevision}`);
    }
    return wish === "true"
      ? yes("its label sidecar.istio.io/inject is true")
      : no(`namespace ${namespace} has no label istio-injection=enabled`);
  }
  if (injection !== "enabled" && namespaceRevision !== revision) {
    return no(
      injection === undefined
        ? `namespace ${namespace} belongs to revision ${namespaceRevision}`
        : `namespace ${namespace} has istio-injection=${injection}, which is not "enabled"`,
    );
  }
  const annotation = annotations["sidecar.istio.io/inject"];
  if (wish === undefined && annotation !== undefined && !YES.has(annotation.toLowerCase())) {
    return no(`its annotation sidecar.istio.io/inject is ${annotation}`);
  }
  return yes(`namespace ${namespace} is labelled for injection`);
}

function yes(reason: string): Decision {
  return { inject: true, reason };
}

function no(reason: string): Decision {
  return { inject: false, reason };
}
