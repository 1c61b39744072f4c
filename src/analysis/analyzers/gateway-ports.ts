import { podKind } from "../../kinds/core/pod.ts";
import { type Service, serviceKind } from "../../kinds/core/service.ts";
import { gatewayKind } from "../../kinds/istio/gateway.ts";
import { labelTexts, selectorText, selects } from "../../mesh/labels.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";
import type { Workload } from "../workloads.ts";
import type { World } from "../world.ts";

export const gatewayPortsAnalyzer: Analyzer = {
  name: "gateway.IngressGatewayPortAnalyzer",
  description: "Checks that Gateways select gateway workloads, and open ports that the Services of these have",
  needs: [gatewayKind, podKind, serviceKind],
  analyze(world, report) {
    const services = servicesByLabel(world);
    for (const object of world.objects(gatewayKind)) {
      const { selector = {}, servers = [] } = object.spec ?? {};
      const pods = world.workloads.selected(selector);
      const selected = selectorText(selector);
      if (pods.length === 0) {
        const text = `Referenced selector not found: ${JSON.stringify(selected)}`;
        const remedy = "no pod has these labels: install the gateway, or correct the selector";
        report("ReferencedResourceNotFound", object, "spec.selector", text, remedy);
        continue;
      }
      const ports = portsOf(pods, services);
      servers.forEach(({ port: { number } }, i) => {
        if (ports.has(number)) return;
        const text = `the Gateway opens port ${number}, which no Service of the pods with ${selected} has`;
        const has = enumeration([...ports].sort((a, b) => a - b).map(String));
        const remedy = has === "" ? "give the pods a Service" : `their Services have ${has}`;
        report("GatewayPortNotDefinedOnService", object, `spec.servers[${i}].port.number`, text, remedy);
      });
    }
  },
};

/** By namespace and first label of the selector. */
function servicesByLabel({ objects }: World): Map<string, Service[]> {
  const selecting = objects(serviceKind).filter(({ spec }) => labelTexts(spec.selector ?? {}).length > 0);
  return Map.groupBy(selecting, ({ metadata, spec }) => `${metadata.namespace}/${labelTexts(spec.selector ?? {})[0]}`);
}

/** Both the ports of the Services and those of the pods behind them: Istio takes either in a Gateway. */
function portsOf(pods: readonly Workload[], services: ReadonlyMap<string, readonly Service[]>): Set<number> {
  const ports = new Set<number>();
  const seen = new Set<string>();
  for (const { namespace, labels } of pods) {
    // Replicas differ in nothing but a hash that no Service selects by.
    const { "pod-template-hash": _hash, ...lasting } = labels;
    const text = `${namespace}/${selectorText(lasting)}`;
    if (seen.has(text)) continue;
    seen.add(text);
    for (const label of labelTexts(lasting)) {
      for (const { spec } of services.get(`${namespace}/${label}`) ?? []) {
        if (!selects(spec.selector ?? {}, labels)) continue;
        for (const { port, targetPort } of spec.ports ?? []) {
          ports.add(port);
          if (typeof targetPort === "number") ports.add(targetPort);
        }
      }
    }
  }
  return ports;
}
