/** TLS that a server ends or passes through. */
import { each, type Report } from "./report.ts";
import type { ServerTlsSpec } from "./server-schema.ts";

/** What Envoy knows: it refuses a whole port for another. */
export const CIPHER_SUITES: ReadonlySet<string> = new Set([
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
  "DES-CBC3-SHA",
]);

const SPKI = /^[A-Za-z0-9+/]{43}=$/;
const HASH = /^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/;

export function checkServerTls(report: Report, field: string, tls: ServerTlsSpec | undefined): void {
  if (!tls) return;
  each(tls.verifyCertificateSpki, `${field}.verifyCertificateSpki`, (value, at) => {
    if (!SPKI.test(value)) report("value", at, `"${value}" is no SHA-256 in base64`, "give the hash of the public key");
  });
  each(tls.verifyCertificateHash, `${field}.verifyCertificateHash`, (value, at) => {
    if (!HASH.test(value)) report("value", at, `"${value}" is no SHA-256 in hex`, "give the certificate's fingerprint");
  });
  const named = Boolean(tls.credentialName || tls.credentialNames?.length);
  const sources = [
    tls.serverCertificate && tls.privateKey && "serverCertificate",
    tls.credentialName && "credentialName",
    tls.credentialNames?.length && "credentialNames",
    tls.tlsCertificates?.length && "tlsCertificates",
  ].filter(Boolean);
  if (tls.mode === "ISTIO_MUTUAL") {
    if (sources.length > 0 || tls.caCertificates || tls.serverCertificate || tls.privateKey) {
      report("conflict", field, "ISTIO_MUTUAL uses the mesh's own certificates", "take the others out, or use MUTUAL");
    }
    return;
  }
  if (sources.length > 1) {
    report("conflict", field, `certificates come from one place, not ${sources.join(" and ")}`, "keep one of them");
  }
  const mutual = tls.mode === "MUTUAL" || tls.mode === "OPTIONAL_MUTUAL";
  if ((tls.mode !== "SIMPLE" && !mutual) || named) return;
  if (mutual && !tls.caCertificates && !tls.caCertCredentialName) {
    report(
      "missing",
      `${field}.caCertificates`,
      `${tls.mode} needs the CA of its clients`,
      "give it, or credentialName",
    );
  }
  if (tls.tlsCertificates?.length) return;
  for (const part of ["serverCertificate", "privateKey"] as const) {
    if (!tls[part])
      report("missing", `${field}.${part}`, `${tls.mode} needs a ${part}`, "give credentialName, a Secret's name");
  }
}

export function warnServerTls(report: Report, field: string, tls: ServerTlsSpec | undefined): void {
  if (!tls) return;
  const passes = tls.mode === "PASSTHROUGH" || tls.mode === "AUTO_PASSTHROUGH";
  if (passes && (tls.credentialName || tls.serverCertificate || tls.caCertificates)) {
    report("noEffect", field, `${tls.mode} uses no certificates`, "take them out, or use mode SIMPLE");
  }
  if (tls.mode === "ISTIO_MUTUAL" || tls.mode === "AUTO_PASSTHROUGH") {
    report(
      "noEffect",
      `${field}.mode`,
      `${tls.mode} is not served by gateways yet`,
      "use SIMPLE, MUTUAL or PASSTHROUGH",
    );
  }
  each(tls.cipherSuites, `${field}.cipherSuites`, (name, at) => {
    if (!CIPHER_SUITES.has(name)) report("noEffect", at, `"${name}" is no cipher suite of Envoy's`, "take it out");
  });
  const old = tls.minProtocolVersion === "TLSV1_0" || tls.minProtocolVersion === "TLSV1_1";
  if (old && !tls.cipherSuites?.length) {
    const message = "TLS before 1.2 has none of the ciphers that are on by default";
    report("noEffect", `${field}.minProtocolVersion`, message, "name cipherSuites");
  }
}
