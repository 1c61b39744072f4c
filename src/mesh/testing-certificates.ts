/** For tests: certificate authorities, and key pairs that they sign. */
import { webcrypto } from "node:crypto";
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { SecretObject } from "./kubernetes.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface TestKeyPair {
  certificate: string;
  privateKey: string;
}

export interface TestAuthority {
  certificate: string;
  issue(name: string): Promise<TestKeyPair>;
}

export async function testAuthority(name: string): Promise<TestAuthority> {
  const keys = await newKeys();
  const authority = await X509CertificateGenerator.createSelfSigned(
    { name: `CN=${name}`, keys, signingAlgorithm: ALGORITHM, extensions: [new BasicConstraintsExtension(true)] },
    webcrypto,
  );
  return {
    certificate: authority.toString("pem"),
    issue: async (subject) => {
      const own = await newKeys();
      const certificate = await X509CertificateGenerator.create(
        {
          subject: `CN=${subject}`,
          issuer: authority.subject,
          publicKey: own.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: subject }])],
        },
        webcrypto,
      );
      return { certificate: certificate.toString("pem"), privateKey: await pem(own.privateKey) };
    },
  };
}

/** As `kubectl create secret tls` makes it; with roots, as `create secret generic` does. */
export function tlsSecret(key: string, { certificate, privateKey }: TestKeyPair, roots?: string): SecretObject {
  const [namespace = "", name = ""] = key.split("/");
  const data = { "tls.crt": certificate, "tls.key": privateKey, ...(roots !== undefined && { "ca.crt": roots }) };
  return {
    metadata: { namespace, name },
    data: Object.fromEntries(
      Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString("base64")]),
    ),
  };
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
