/**
 * Identity: the mesh's certificate authority, the certificate of the control plane, and who a proxy is. Knows the
 * store, but no Envoy and no stream.
 *
 * This file is the door to @peculiar/x509, which cannot be loaded without reflect-metadata and needs to be told which
 * WebCrypto to use.
 */
import "reflect-metadata";
import { createPrivateKey, type KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

export { x509 };

export type SigningAlgorithm =
  | { name: "ECDSA"; namedCurve: string; hash: string }
  | { name: "RSASSA-PKCS1-v1_5"; hash: string };

export const P256: SigningAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const CURVES: Readonly<Record<string, { namedCurve: string; hash: string }>> = {
  prime256v1: { namedCurve: "P-256", hash: "SHA-256" },
  secp384r1: { namedCurve: "P-384", hash: "SHA-384" },
  secp521r1: { namedCurve: "P-521", hash: "SHA-512" },
};

/** Reads a private key in PEM (PKCS#8, PKCS#1 or SEC1). Throws when it is none that can sign certificates. */
export function readSigningKey(pem: string): { key: webcrypto.CryptoKey; algorithm: SigningAlgorithm } {
  const object = createPrivateKey(pem);
  const algorithm = algorithmOf(object);
  return { key: object.toCryptoKey(algorithm, false, ["sign"]), algorithm };
}

function algorithmOf(key: KeyObject): SigningAlgorithm {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (key.asymmetricKeyType === "ec" && curve) return { name: "ECDSA", ...curve };
  throw new Error(`${key.asymmetricKeyType} keys cannot sign certificates here; use ECDSA or RSA`);
}

export async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

export function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}

/** The certificates of a text in PEM, each on its own; whatever stands between them is left out. */
export function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => block.replaceAll("\r", ""));
}

/** 127 random bits, positive as RFC 5280 wants. */
export function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return Buffer.from(bytes).toString("hex");
}

export interface Root {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

/** A self-signed CA of ECDSA P-256, with a new key. */
export async function createRoot(name: string, validity: Validity): Promise<Root> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...validity,
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** A CA below `root`, of ECDSA P-256, with a new key, which certifies no further CA. */
export async function createIntermediate(
  name: string,
  root: Root & { algorithm: SigningAlgorithm },
  { notBefore, notAfter }: Validity,
): Promise<Root> {
  const keys = await generateKeys();
  const end = Math.min(notAfter.getTime(), root.certificate.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    issuer: root.certificate.subject,
    notBefore,
    notAfter: new Date(end),
    publicKey: keys.publicKey,
    signingKey: root.key,
    signingAlgorithm: root.algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await keyIdentifierOf(root.certificate),
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** How a certificate names its issuer's key: as the issuer's own certificate does, where it does. */
export async function keyIdentifierOf(issuer: x509.X509Certificate): Promise<x509.AuthorityKeyIdentifierExtension> {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return own
    ? new x509.AuthorityKeyIdentifierExtension(own.keyId)
    : x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
}
