/** The account of certificates: whose they are and how long they are good. No key is in it. */
import { X509Certificate } from "node:crypto";
import type { Collection } from "../engine/collection.ts";
import type { CertificateNeed, WorkloadCertificate } from "../envoy/wire/certificates.ts";
import type { AuthoritySource } from "../identity/authority-source.ts";
import { certificatesIn } from "../identity/x509.ts";
import { formatSpiffeId } from "../mesh/spiffe.ts";

export interface IdentityAccount {
  needs: Collection<CertificateNeed>;
  issued: Collection<WorkloadCertificate>;
  authority: AuthoritySource;
}

/** The certificate of each proxy; of one that it brought along, as much as its version says. */
export function certificatesAccount({ needs, issued }: IdentityAccount): object[] {
  return [...needs.entries()].map(([proxy, need]) => {
    const certificate = issued.get(proxy);
    const state = certificate ? facts(certificate.certificate) : { brought: need.has };
    return { proxy, identity: formatSpiffeId(need), ...state };
  });
}

/** Who issues, whom all trust, and by whom the control plane is known. */
export function authorityAccount({ authority }: IdentityAccount) {
  return {
    issues: facts(authority.current().issuer),
    trusted: certificatesIn(authority.roots()).map(facts),
    controlPlane: {
      issuedBy: facts(authority.anchor().issuer),
      roots: certificatesIn(authority.anchorRoots()).map(facts),
    },
  };
}

/** Of the first certificate in a text. */
function facts(pem: string) {
  const { subject, issuer, subjectAltName, serialNumber, validFromDate, validToDate } = new X509Certificate(pem);
  return {
    subject: oneLine(subject),
    ...(subjectAltName && { names: subjectAltName }),
    issuer: oneLine(issuer),
    serial: serialNumber.toLowerCase(),
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
  };
}

function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ",");
}
