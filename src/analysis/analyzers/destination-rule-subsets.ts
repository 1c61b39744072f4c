import { podKind } from "../../kinds/core/pod.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { destinationRuleKind } from "../../kinds/istio/destination-rule.ts";
import { resolveHost } from "../../mesh/hosts.ts";
import { selectorText, selects } from "../../mesh/labels.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import type { Labels } from "../../mesh/model.ts";
import { findService } from "../../mesh/services.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";
import { suggester } from "../suggest.ts";
import type { Workload } from "../workloads.ts";
import type { World } from "../world.ts";

export const destinationRuleSubsetsAnalyzer: Analyzer = {
  name: "destinationrule.SubsetSelectPodAnalyzer",
  description: "Checks that the host of each DestinationRule is there, and that its subsets have pods",
  needs: [destinationRuleKind, podKind, serviceKind],
  analyze(world, report) {
    const suggest = suggester();
    for (const object of world.objects(destinationRuleKind)) {
      const { namespace = "" } = object.metadata;
      const { host = "", subsets = [] } = object.spec ?? {};
      for (const { field, named, message, remedy = "" } of world.references.destinationRules.get(keyOf(object)) ?? []) {
        const names = () => world.objects(serviceKind).map(({ metadata }) => metadata.name);
        const text = `the host ${named} of the DestinationRule is that of no service`;
        report("UnknownDestinationRuleHost", object, field, text, suggest(named, names, `${message}: ${remedy}`));
      }
      const pods = subsets.length > 0 ? podsOf(world, namespace, host) : undefined;
      subsets.forEach(({ name, labels = {} }, i) => {
        const own = withoutTopology(labels);
        if (!pods || pods.some((pod) => selects(own, pod.labels))) return;
        const text = `the subset ${name} selects none of the pods of ${host}: requests to it fail with 503`;
        report("DestinationRuleSubsetNotSelectPods", object, `spec.subsets[${i}]`, text, remedyOf(own, pods));
      });
    }
  },
};

/** Undefined for hosts whose endpoints are not chosen by labels of pods. */
function podsOf({ mesh, read, find, workloads }: World, namespace: string, host: string): Workload[] | undefined {
  const full = resolveHost(host, namespace, settingsOf(mesh, read).clusterDomain);
  const service = findService(mesh.services, read, namespace, full);
  if (service?.origin.kind !== "Service") return undefined;
  const key = `${service.origin.namespace}/${service.origin.name}`;
  const { selector = {} } = find(serviceKind, key)?.spec ?? {};
  return Object.keys(selector).length === 0 ? undefined : workloads.selected(selector, service.origin.namespace);
}

/** Where a pod runs is not in its own labels. */
function withoutTopology(labels: Labels): Labels {
  const own = Object.entries(labels).filter(([key]) => !/^(topology\.|kubernetes\.io\/hostname$)/.test(key));
  return Object.fromEntries(own);
}

function remedyOf(labels: Labels, pods: readonly Workload[]): string {
  if (pods.length === 0) return "the service has no pods at all";
  const has = pods.map((pod) =>
    selectorText(Object.fromEntries(Object.keys(labels).map((key) => [key, pod.labels[key] ?? ""]))),
  );
  return `it asks for ${selectorText(labels)}; the pods have ${enumeration([...new Set(has)].sort())}`;
}
