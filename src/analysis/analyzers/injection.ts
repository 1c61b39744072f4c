import { type Namespace, namespaceKind } from "../../kinds/core/namespace.ts";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { decideInjection, NEVER_INJECTED } from "../../kubernetes/inject/decide.ts";
import type { InjectSettings } from "../../kubernetes/inject/settings.ts";
import { SYSTEM_NAMESPACE } from "../../mesh/settings.ts";
import { workloadOf } from "../../mesh/workloads.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { injectorFor, injectorsOf, revisionOf } from "../injectors.ts";
import type { Report } from "../messages.ts";
import { isLeaving } from "../world.ts";

export const injectionAnalyzer: Analyzer = {
  name: "injection.Analyzer",
  description: "Checks that namespaces say whether their pods get a proxy, and that those which should have one",
  needs: [namespaceKind],
  analyze(world, report) {
    const injectors = injectorsOf(world);
    const byDefault = injectors.get("default")?.enableNamespacesByDefault ?? false;
    for (const namespace of world.objects(namespaceKind)) checkNamespace(report, namespace, byDefault);
    for (const pod of world.objects(podKind)) {
      const namespace = world.find(namespaceKind, pod.metadata.namespace ?? "");
      if (
        isLeaving(pod) ||
        !namespace ||
        workloadOf(pod).proxy !== "None" ||
        !shouldHaveProxy(pod, namespace, injectors)
      )
        continue;
      const text = `the pod ${keyOf(pod)} has no proxy, though its namespace is enabled for injection`;
      report("PodMissingProxy", pod, "", text, "it was made before that: restart what it belongs to");
    }
  },
};

const LABELS = ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode"] as const;

function checkNamespace(report: Report, namespace: Namespace, byDefault: boolean): void {
  const { name, labels = {} } = namespace.metadata;
  if (name === SYSTEM_NAMESPACE || NEVER_INJECTED.has(name)) return;
  const present = LABELS.filter((label) => labels[label] !== undefined).map((label) => `${label}=${labels[label]}`);
  const injection = labels["istio-injection"];
  if (present.length > 1 && (injection === undefined || injection === "enabled")) {
    const text = `the namespace has more than one label about injection: ${present.join(", ")}`;
    report("NamespaceMultipleInjectionLabels", namespace, "metadata.labels", text, "keep one of them");
  }
  if (present.length > 0) return;
  if (byDefault) {
    const text = "the namespace has no label, and is injected: the installation has enableNamespacesByDefault";
    const remedy = `where that is not meant: kubectl label namespace ${name} istio-injection=disabled`;
    report("NamespaceInjectionEnabledByDefault", namespace, "metadata.name", text, remedy);
    return;
  }
  const text = "the namespace is not enabled for injection: its pods get no proxy";
  const remedy = `label it: kubectl label namespace ${name} istio-injection=enabled (=disabled, where that is meant)`;
  report("NamespaceNotInjected", namespace, "metadata.name", text, remedy);
}

/** By whichever revision the pod or its namespace names. */
function shouldHaveProxy(pod: Pod, namespace: Namespace, injectors: ReadonlyMap<string, InjectSettings>): boolean {
  const { name, labels = {} } = namespace.metadata;
  const settings = injectorFor(injectors, revisionOf(namespace, pod.metadata.labels));
  return decideInjection({ pod, namespace: name, namespaceLabels: labels }, settings).inject;
}
