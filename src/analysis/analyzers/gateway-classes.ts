import { gatewayKind } from "../../kinds/gateway-api/gateway.ts";
import { gatewayClassKind } from "../../kinds/gateway-api/gateway-class.ts";
import type { Analyzer } from "../analyzer.ts";
import { suggester } from "../suggest.ts";

export const gatewayClassesAnalyzer: Analyzer = {
  name: "k8sgateway.ClassAnalyzer",
  description: "Checks that the classes of the Gateway API's Gateways are there",
  needs: [gatewayClassKind],
  analyze({ objects, find }, report) {
    const suggest = suggester();
    for (const object of objects(gatewayKind)) {
      const { gatewayClassName } = object.spec;
      if (find(gatewayClassKind, gatewayClassName)) continue;
      const names = () => objects(gatewayClassKind).map(({ metadata }) => metadata.name);
      const text = `Referenced gatewayClass not found: ${JSON.stringify(gatewayClassName)}`;
      const remedy = suggest(gatewayClassName, names, "no controller will take this Gateway: use class istio");
      report("ReferencedResourceNotFound", object, "spec.gatewayClassName", text, remedy);
    }
  },
};
