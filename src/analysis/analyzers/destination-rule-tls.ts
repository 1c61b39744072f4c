import { destinationRuleKind } from "../../kinds/istio/destination-rule.ts";
import type { ClientTlsSpec } from "../../kinds/istio/traffic-policy-schema.ts";
import type { Analyzer } from "../analyzer.ts";

const REMEDY = "give caCertificates";

export const destinationRuleTlsAnalyzer: Analyzer = {
  name: "destinationrule.CaCertificateAnalyzer",
  description: "Checks that servers reached by TLS have their certificates verified",
  needs: [destinationRuleKind],
  analyze({ objects }, report) {
    for (const object of objects(destinationRuleKind)) {
      const { host = "", trafficPolicy, workloadSelector } = object.spec ?? {};
      const unverified = (tls: ClientTlsSpec | undefined): tls is ClientTlsSpec =>
        (tls?.mode === "SIMPLE" || tls?.mode === "MUTUAL") &&
        !tls.caCertificates &&
        !(tls.credentialName && workloadSelector);
      const policy = trafficPolicy?.tls;
      if (unverified(policy)) {
        const text = `TLS mode ${policy.mode} without caCertificates: the server's certificate for host ${host} is not verified`;
        const field = "spec.trafficPolicy.tls";
        report("NoServerCertificateVerificationDestinationLevel", object, field, text, REMEDY);
      }
      trafficPolicy?.portLevelSettings?.forEach(({ tls, port }, i) => {
        if (!unverified(tls)) return;
        const text = `TLS mode ${tls.mode} without caCertificates: the server's certificate for host ${host} at port ${port?.number} is not verified`;
        const field = `spec.trafficPolicy.portLevelSettings[${i}].tls`;
        report("NoServerCertificateVerificationPortLevel", object, field, text, REMEDY);
      });
    }
  },
};
