/** Certificates for whom we do not know as a proxy: they keep their keys, and send what is to be signed. */
import { createPublicKey } from "node:crypto";
import { formatSpiffeId } from "../mesh/spiffe.ts";
import type { Account } from "./authenticator.ts";
import type { AuthoritySource } from "./authority-source.ts";
import { IdentityError } from "./identity-error.ts";
import { certificatesIn, x509 } from "./x509.ts";

export interface CertificateRequest {
  /** PKCS#10 in PEM. */
  csr: string;
  ttlMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SHORTEST_MS = 60_000;
/** A request with an RSA key of 16,384 bits has 4 kB. */
const LONGEST_CSR = 16 * 1024;

/**
 * Signs the key of a request in the name of its caller, whatever name the request is about. Returns PEM: the
 * certificate, what leads from it to the root, and the roots.
 */
export async function signRequest(
  authority: AuthoritySource,
  trustDomain: string,
  caller: Account,
  { csr, ttlMs }: CertificateRequest,
): Promise<string[]> {
  const { certificate } = await authority.current().issue({
    spiffeId: formatSpiffeId({ trustDomain, ...caller }),
    publicKey: await publicKeyOf(csr),
    ttlMs: ttlMs > 0 ? Math.min(Math.max(ttlMs, SHORTEST_MS), DAY_MS) : DAY_MS,
  });
  return [...certificatesIn(certificate).map((pem) => `${pem}\n`), authority.roots()];
}

/** Of a request whose sender has the private key too. */
async function publicKeyOf(csr: string): Promise<Uint8Array<ArrayBuffer>> {
  const problem = (what: string): IdentityError =>
    new IdentityError("LTN6021", `the certificate request ${what}`, "Send PKCS#10 in PEM, of an EC or RSA key.");
  if (csr.length > LONGEST_CSR) throw problem("is too long");
  let request: x509.Pkcs10CertificateRequest;
  let valid: boolean;
  try {
    request = new x509.Pkcs10CertificateRequest(csr);
    valid = await request.verify();
  } catch {
    throw problem("cannot be read");
  }
  if (!valid) throw problem("is not signed with its own key");
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const strong =
    key.asymmetricKeyType === "rsa"
      ? modulusLength >= 2048
      : key.asymmetricKeyType === "ec" && /^(prime256v1|secp384r1|secp521r1)$/.test(namedCurve ?? "");
  if (!strong) throw problem("has a key that is too weak, or of a kind that proxies do not take");
  return new Uint8Array(request.publicKey.rawData);
}
