import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import type { VirtualService } from "../../kinds/istio/virtual-service-schema.ts";
import { resolveHost } from "../../mesh/hosts.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import { MESH_GATEWAY } from "../../mesh/virtual-services.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";

export const virtualServiceIngressSubsetsAnalyzer: Analyzer = {
  name: "virtualservice.IngressSubsetAnalyzer",
  description: "Checks whether a gateway's route goes past the subsets that sidecars are routed to",
  needs: [virtualServiceKind],
  analyze({ objects, mesh, read }, report) {
    const { clusterDomain } = settingsOf(mesh, read);
    const full = (host: string, { metadata }: VirtualService): string =>
      resolveHost(host, metadata.namespace ?? "", clusterDomain);
    const all = objects(virtualServiceKind);
    const routing = new Map<string, string[]>();
    for (const object of all) {
      const own = new Set((object.spec?.hosts ?? []).map((host) => full(host, object)));
      for (const host of new Set(
        routesOf(object).flatMap(({ subset, host }) => (subset ? [full(host, object)] : [])),
      )) {
        if (own.has(host)) routing.set(host, [...(routing.get(host) ?? []), keyOf(object)]);
      }
    }
    for (const object of all) {
      if (!object.spec?.gateways?.some((gateway) => gateway !== MESH_GATEWAY)) continue;
      for (const { field, host, subset } of routesOf(object)) {
        const others = (subset ? [] : (routing.get(full(host, object)) ?? [])).filter((key) => key !== keyOf(object));
        if (others.length === 0) continue;
        const text = `the subsets in VirtualService ${enumeration(others)} have no effect on requests to ${host} by way of ${keyOf(object)}: rules for sidecars are not a gateway's`;
        const remedy = `give this destination a subset, or bind the other VirtualService to the gateway too`;
        report("IngressRouteRulesNotAffected", object, field, text, remedy);
      }
    }
  },
};

function routesOf({ spec }: VirtualService): { field: string; host: string; subset: string }[] {
  return (spec?.http ?? []).flatMap(({ route = [] }, i) =>
    route.map(({ destination: { host, subset = "" } }, j) => ({
      field: `spec.http[${i}].route[${j}].destination`,
      host,
      subset,
    })),
  );
}
