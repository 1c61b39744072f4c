import { gatewayKind } from "../../kinds/istio/gateway.ts";
import type { Gateway } from "../../kinds/istio/gateway-schema.ts";
import type { ServerTlsSpec } from "../../kinds/istio/server-schema.ts";
import { selectorText } from "../../mesh/labels.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";

export const gatewayCertificatesAnalyzer: Analyzer = {
  name: "gateway.CertificateAnalyzer",
  description: "Checks whether several Gateways of the same workloads show the same certificate",
  needs: [gatewayKind],
  analyze({ objects }, report) {
    const users = new Map<string, Set<string>>();
    const gateways = objects(gatewayKind);
    for (const object of gateways) {
      for (const { certificate } of certificatesOf(object)) {
        users.set(certificate, (users.get(certificate) ?? new Set()).add(keyOf(object)));
      }
    }
    for (const object of gateways) {
      for (const { certificate, field } of certificatesOf(object)) {
        const same = users.get(certificate) ?? new Set();
        if (same.size < 2) continue;
        const names = enumeration([...same].sort());
        const text = `the Gateways ${names} have the same certificate: browsers that keep an HTTP/2 connection may ask the wrong one and get 404`;
        report("GatewayDuplicateCertificate", object, field, text, "put their servers into one Gateway");
      }
    }
  },
};

function certificatesOf(object: Gateway): { certificate: string; field: string }[] {
  const workloads = selectorText(object.spec?.selector ?? {});
  return (object.spec?.servers ?? []).flatMap(({ tls }, i) => {
    const certificate = tls && sourceOf(tls);
    return certificate ? [{ certificate: `${workloads}|${certificate}`, field: `spec.servers[${i}].tls` }] : [];
  });
}

function sourceOf({ credentialName, serverCertificate, privateKey }: ServerTlsSpec): string | undefined {
  if (credentialName) return `Secret ${credentialName}`;
  return serverCertificate && privateKey ? `files ${serverCertificate} ${privateKey}` : undefined;
}
