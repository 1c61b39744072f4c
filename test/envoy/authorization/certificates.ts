/** Certificates of a mesh for tests: one authority, and whoever it vouches for. */
import { webcrypto } from "node:crypto";
import {
  createRoot,
  generateKeys,
  keyIdentifierOf,
  P256,
  privateKeyPem,
  serialNumber,
  x509,
} from "../../../src/identity/x509.ts";

export interface KeyPair {
  certificate: string;
  privateKey: string;
}

export interface MeshAuthority {
  root: string;
  /** @param uri Of the certificate; a list for several, empty for none. */
  issue(...uris: string[]): Promise<KeyPair>;
}

const VALIDITY = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 24 * 3_600_000) };

export async function meshAuthority(name = "O=cluster.local"): Promise<MeshAuthority> {
  const root = await createRoot(name, VALIDITY);
  return {
    root: root.certificate.toString("pem"),
    issue: async (...uris) => {
      const keys = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create(
        {
          serialNumber: serialNumber(),
          subject: "CN=test",
          issuer: root.certificate.subject,
          ...VALIDITY,
          publicKey: keys.publicKey,
          signingKey: root.key,
          signingAlgorithm: P256,
          extensions: [
            new x509.SubjectAlternativeNameExtension([
              ...uris.map((value) => ({ type: "url" as const, value })),
              ...(uris.length === 0 ? [{ type: "dns" as const, value: "client.example.com" }] : []),
            ]),
            await keyIdentifierOf(root.certificate),
          ],
        },
        webcrypto,
      );
      return { certificate: certificate.toString("pem"), privateKey: await privateKeyPem(keys.privateKey) };
    },
  };
}
