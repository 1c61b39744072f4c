/** The secrets in an Envoy's config dump, as istioctl lists them: names, validity, serials and whose they are, never a key. */
import { X509Certificate } from "node:crypto";
import { at, list, text } from "./json.ts";

export const SECRET_COLUMNS = [
  "RESOURCE NAME",
  "TYPE",
  "STATUS",
  "VALID CERT",
  "SERIAL NUMBER",
  "NOT AFTER",
  "NOT BEFORE",
  "OF",
];

/** A row for each certificate: roots may be several. */
export function secretRows(secretsDump: unknown, now: Date): string[][] {
  const of = (section: string, status: string): string[][] =>
    list(at(secretsDump, section)).flatMap((each) => rowsOf(each, status, now));
  return [...of("dynamic_active_secrets", "ACTIVE"), ...of("dynamic_warming_secrets", "WARMING")];
}

function rowsOf(entry: unknown, status: string, now: Date): string[][] {
  const name = text(at(entry, "name"));
  const secret = at(entry, "secret");
  const chain = pem(at(secret, "tls_certificate", "certificate_chain"));
  const roots = pem(at(secret, "validation_context", "trusted_ca"));
  const type = chain !== "" ? "Cert Chain" : roots !== "" ? "CA" : "";
  // of a chain the leaf counts, of roots each
  const certificates = roots === "" ? certificatesIn(chain).slice(0, 1) : certificatesIn(roots);
  if (certificates.length === 0) return [[name, type, status, "false", "", "", "", ""]];
  return certificates.map(({ serialNumber, validFromDate, validToDate, subject, subjectAltName }) => {
    const valid = validFromDate <= now && now < validToDate;
    return [
      name,
      type,
      status,
      String(valid),
      serialNumber.toLowerCase().padStart(32, "0"),
      iso(validToDate),
      iso(validFromDate),
      // an identity or a host; a CA is known by its subject
      subjectAltName?.replaceAll(/(URI|DNS|IP Address):/g, "") ?? (subject ?? "").replaceAll("\n", ","),
    ];
  });
}

/** As it stands there, or base64 of it. */
function pem(source: unknown): string {
  return text(at(source, "inline_string")) || Buffer.from(text(at(source, "inline_bytes")), "base64").toString();
}

function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

function iso(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
