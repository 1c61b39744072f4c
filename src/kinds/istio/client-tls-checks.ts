/** TLS towards a destination. */
import type { Report } from "./report.ts";
import type { ClientTlsSpec } from "./traffic-policy-schema.ts";

export function checkDestinationTls(report: Report, field: string, tls: ClientTlsSpec | undefined): void {
  if (!tls) return;
  const { mode = "DISABLE", credentialName, clientCertificate, privateKey, caCertificates } = tls;
  if (tls.insecureSkipVerify && caCertificates) {
    report("conflict", `${field}.caCertificates`, "with insecureSkipVerify nothing is verified", "take one out");
  }
  if (mode === "ISTIO_MUTUAL" && (clientCertificate || privateKey || caCertificates || credentialName)) {
    report(
      "conflict",
      field,
      "ISTIO_MUTUAL uses the mesh's own certificates",
      "take the others out, or use mode MUTUAL",
    );
  }
  if (credentialName && mode !== "ISTIO_MUTUAL" && (clientCertificate || privateKey || caCertificates)) {
    report("conflict", `${field}.credentialName`, "certificates come from credentialName or from files", "keep one");
  }
  if (mode === "MUTUAL" && !credentialName) {
    if (!clientCertificate)
      report(
        "missing",
        `${field}.clientCertificate`,
        "MUTUAL needs a client certificate",
        "give it, or credentialName",
      );
    if (!privateKey)
      report("missing", `${field}.privateKey`, "MUTUAL needs a private key", "give it, or credentialName");
  }
}

export function warnDestinationTls(report: Report, field: string, tls: ClientTlsSpec | undefined): void {
  if (tls?.mode === "SIMPLE" && tls.clientCertificate) {
    report("noEffect", `${field}.clientCertificate`, "SIMPLE presents no client certificate", "use mode MUTUAL");
  }
  if ((tls?.mode === "SIMPLE" || tls?.mode === "MUTUAL") && tls.insecureSkipVerify) {
    report(
      "noEffect",
      `${field}.insecureSkipVerify`,
      "the server's certificate is not verified",
      "give caCertificates",
    );
  }
}
