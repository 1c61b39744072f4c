import { gatewayKind } from "../../kinds/istio/gateway.ts";
import type { Gateway } from "../../kinds/istio/gateway-schema.ts";
import { selectorText } from "../../mesh/labels.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";
import type { World } from "../world.ts";

export const gatewayConflictsAnalyzer: Analyzer = {
  name: "gateway.ConflictingGatewayAnalyzer",
  description: "Checks whether Gateways open the same port of the same workloads for the same hosts",
  needs: [gatewayKind],
  analyze(world, report) {
    const gateways = world.objects(gatewayKind).map((object) => ({ object, groups: groupsOf(world, object) }));
    const claims = new Map<string, Set<string>>();
    for (const { object, groups } of gateways) {
      for (const claim of claimsOf(object, groups).flatMap((server) => server.claims)) {
        claims.set(claim, (claims.get(claim) ?? new Set()).add(keyOf(object)));
      }
    }
    for (const { object, groups } of gateways) {
      for (const { i, port, hosts, claims: own } of claimsOf(object, groups)) {
        const rivals = new Set(own.flatMap((claim) => [...(claims.get(claim) ?? [])]));
        rivals.delete(keyOf(object));
        if (rivals.size === 0) continue;
        const selector = selectorText(object.spec?.selector ?? {});
        const text = `conflict with gateways ${enumeration([...rivals].sort())}: workload selector ${selector}, port ${port}, hosts ${hosts}`;
        const remedy = "put the hosts into one Gateway, or give each its own";
        report("ConflictingGateways", object, `spec.servers[${i}]`, text, remedy);
      }
    }
  },
};

/** Workloads that a Gateway configures, replicas as one; by its selector alone where there are none yet. */
function groupsOf({ workloads }: World, { spec }: Gateway): string[] {
  const selector = spec?.selector ?? {};
  const groups = workloads.selected(selector).map(({ namespace, labels }) => {
    const { "pod-template-hash": _hash, ...lasting } = labels;
    return `${namespace}/${selectorText(lasting)}`;
  });
  return [...new Set(groups), selectorText(selector)];
}

interface Server {
  i: number;
  port: number;
  hosts: string;
  /** What no two Gateways may both want. */
  claims: string[];
}

function claimsOf({ spec }: Gateway, groups: readonly string[]): Server[] {
  return (spec?.servers ?? []).map(({ port: { number }, bind = "", hosts }, i) => ({
    i,
    port: number,
    hosts: hosts.join(","),
    claims: groups.flatMap((group) => hosts.map((host) => [group, number, bind, host.toLowerCase()].join("|"))),
  }));
}
