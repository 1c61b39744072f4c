import { podKind } from "../../kinds/core/pod.ts";
import { authorizationPolicyKind } from "../../kinds/istio/authorization-policy.ts";
import { requestAuthenticationKind } from "../../kinds/istio/request-authentication.ts";
import { telemetryKind } from "../../kinds/istio/telemetry.ts";
import { wasmPluginKind } from "../../kinds/istio/wasm-plugin.ts";
import type { Analyzer } from "../analyzer.ts";

const GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

export const ineffectiveSelectorsAnalyzer: Analyzer = {
  name: "k8sgateway.SelectorAnalyzer",
  description: "Checks that policies for gateways of the Gateway API name them by targetRefs",
  needs: [podKind],
  analyze({ objects, workloads }, report) {
    const policies = [
      ...objects(authorizationPolicyKind),
      ...objects(requestAuthenticationKind),
      ...objects(telemetryKind),
      ...objects(wasmPluginKind),
    ];
    for (const object of policies) {
      const { selector, targetRef, targetRefs } = object.spec ?? {};
      if (!selector || targetRef || targetRefs?.length) continue;
      const selected = workloads.selected(selector.matchLabels ?? {}, object.metadata.namespace);
      const names = new Set(selected.flatMap(({ labels }) => labels[GATEWAY_NAME] ?? []));
      for (const name of names) {
        const text = `a selector has no effect on gateways of the Gateway API: it selects the pods of Gateway ${name}`;
        report("IneffectiveSelector", object, "spec.selector", text, "name the Gateway in targetRefs instead");
      }
    }
  },
};
