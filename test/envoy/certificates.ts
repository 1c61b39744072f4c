import { webcrypto } from "node:crypto";
import "reflect-metadata";
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";

/** A certificate that vouches for itself, and its key, both in PEM: for files that Envoy must be able to load. */
export async function selfSigned(): Promise<{ certificate: string; privateKey: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: "CN=test", keys, signingAlgorithm: algorithm },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: certificate.toString("pem"), privateKey: PemConverter.encode(pkcs8, "PRIVATE KEY") };
}
