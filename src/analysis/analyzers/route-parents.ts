import { GROUP } from "../../kinds/gateway-api/common.ts";
import { gatewayKind } from "../../kinds/gateway-api/gateway.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { routesOfFiles } from "../gateway-api-routes.ts";
import { suggester } from "../suggest.ts";

export const routeParentsAnalyzer: Analyzer = {
  name: "k8sgateway.RouteParentAnalyzer",
  description: "Checks that the Gateways which routes of files name are there, and their listeners",
  needs: [gatewayKind],
  analyze(world, report) {
    const suggest = suggester();
    for (const route of routesOfFiles(world)) {
      const home = route.metadata.namespace ?? "";
      route.spec.parentRefs?.forEach(({ group = GROUP, kind = "Gateway", name, namespace = home, sectionName }, i) => {
        if (group !== GROUP || kind !== "Gateway") return;
        const key = `${namespace}/${name}`;
        const gateway = world.find(gatewayKind, key);
        if (!gateway) {
          const names = () =>
            world
              .objects(gatewayKind)
              .flatMap((each) => (each.metadata.namespace === namespace ? each.metadata.name : []));
          const text = `Referenced gateway not found: ${JSON.stringify(key)}`;
          const remedy = suggest(name, names, "create it, or correct the name");
          report("ReferencedResourceNotFound", route, `spec.parentRefs[${i}].name`, text, remedy);
          return;
        }
        const listeners = gateway.spec.listeners?.map((listener) => listener.name) ?? [];
        if (sectionName === undefined || listeners.includes(sectionName)) return;
        const text = `Referenced listener not found: ${JSON.stringify(`${keyOf(gateway)}/${sectionName}`)}`;
        const remedy = suggest(sectionName, () => listeners, `the Gateway has ${listeners.join(", ")}`);
        report("ReferencedResourceNotFound", route, `spec.parentRefs[${i}].sectionName`, text, remedy);
      });
    }
  },
};
