import { gatewayKind } from "../../kinds/istio/gateway.ts";
import type { Gateway } from "../../kinds/istio/gateway-schema.ts";
import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import { intersectHosts } from "../../mesh/hosts.ts";
import { gatewayName, MESH_GATEWAY } from "../../mesh/virtual-services.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { suggester } from "../suggest.ts";

export const virtualServiceGatewaysAnalyzer: Analyzer = {
  name: "virtualservice.GatewayAnalyzer",
  description: "Checks that the gateways of VirtualServices are there and open for their hosts",
  needs: [gatewayKind, virtualServiceKind],
  analyze(world, report) {
    const suggest = suggester();
    for (const object of world.objects(virtualServiceKind)) {
      const { namespace = "" } = object.metadata;
      const { gateways = [], hosts = [] } = object.spec ?? {};
      gateways.forEach((named, i) => {
        const key = gatewayName(named, namespace);
        if (key === MESH_GATEWAY) return;
        const field = `spec.gateways[${i}]`;
        const gateway = world.find(gatewayKind, key);
        if (!gateway) {
          const names = () =>
            world.objects(gatewayKind).map((each) => {
              const ours = each.metadata.namespace === namespace && !named.includes("/");
              return ours ? each.metadata.name : keyOf(each);
            });
          const text = `Referenced gateway not found: ${JSON.stringify(named)}`;
          const remedy = suggest(named, names, `there is no Gateway ${key}: create it, or correct the name`);
          report("ReferencedResourceNotFound", object, field, text, remedy);
        } else if (hosts.length > 0 && !opensAny(gateway, hosts, namespace)) {
          const text = `none of the hosts ${hosts.join(", ")} is one that Gateway ${key} is open for`;
          const open = hostsOf(gateway).join(", ");
          report("VirtualServiceHostNotFoundInGateway", object, field, text, `it is open for ${open}`);
        }
      });
    }
  },
};

function hostsOf({ spec }: Gateway): string[] {
  return [...new Set((spec?.servers ?? []).flatMap(({ hosts }) => hosts))];
}

/** A gateway's hosts may be for the VirtualServices of one namespace: `namespace/host`, or `./host` for its own. */
function opensAny(gateway: Gateway, hosts: readonly string[], namespace: string): boolean {
  return hostsOf(gateway).some((text) => {
    const slash = text.indexOf("/");
    const owner = slash < 0 ? "*" : text.slice(0, slash).replace(/^\.$/, gateway.metadata.namespace ?? "");
    const open = text.slice(slash + 1).toLowerCase();
    return (owner === "*" || owner === namespace) && hosts.some((host) => intersectHosts(open, host.toLowerCase()));
  });
}
