import { podKind } from "../../kinds/core/pod.ts";
import { gatewayKind } from "../../kinds/istio/gateway.ts";
import { requestAuthenticationKind } from "../../kinds/istio/request-authentication.ts";
import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import type { VirtualService } from "../../kinds/istio/virtual-service-schema.ts";
import { selects } from "../../mesh/labels.ts";
import { SYSTEM_NAMESPACE } from "../../mesh/settings.ts";
import { gatewayName } from "../../mesh/virtual-services.ts";
import type { Analyzer } from "../analyzer.ts";

const CLAIM = /^@request\.auth\.claims[.[]/i;

export const virtualServiceJwtClaimsAnalyzer: Analyzer = {
  name: "virtualservice.JWTClaimRouteAnalyzer",
  description: "Checks that gateways which route by claims of tokens verify the tokens",
  needs: [gatewayKind, podKind, requestAuthenticationKind, virtualServiceKind],
  analyze({ objects, find, workloads }, report) {
    const verifying = Map.groupBy(objects(requestAuthenticationKind), ({ metadata }) => metadata.namespace ?? "");
    for (const object of objects(virtualServiceKind)) {
      const [claim] = claimsOf(object);
      if (!claim) continue;
      for (const named of object.spec?.gateways ?? []) {
        const key = gatewayName(named, object.metadata.namespace ?? "");
        const gateway = find(gatewayKind, key);
        if (!gateway) continue;
        const unverified = workloads.selected(gateway.spec?.selector ?? {}).find(({ namespace, labels }) => {
          const policies = [...(verifying.get(SYSTEM_NAMESPACE) ?? []), ...(verifying.get(namespace) ?? [])];
          return !policies.some(({ spec }) => selects(spec?.selector?.matchLabels ?? {}, labels));
        });
        if (!unverified) continue;
        const text = `the VirtualService routes by the claim ${claim.name}, but no RequestAuthentication verifies tokens at gateway ${key} (pod ${unverified.object.metadata.name})`;
        const remedy = "apply a RequestAuthentication to the gateway's pods: without one no claim is known";
        report("JwtClaimBasedRoutingWithoutRequestAuthN", object, claim.field, text, remedy);
      }
    }
  },
};

function claimsOf({ spec }: VirtualService): { name: string; field: string }[] {
  return (spec?.http ?? []).flatMap(({ match = [] }, i) =>
    match.flatMap((one, j) =>
      (["headers", "withoutHeaders"] as const).flatMap((part) =>
        Object.keys(one[part] ?? {}).flatMap((name) =>
          CLAIM.test(name) ? [{ name, field: `spec.http[${i}].match[${j}].${part}[${name}]` }] : [],
        ),
      ),
    ),
  );
}
