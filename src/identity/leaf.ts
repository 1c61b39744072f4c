/** The certificate of who is no CA, signed. */
import { createPrivateKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import * as der from "./der.ts";
import { keyIdentifierOf, readSigningKey, serialNumber, type x509 } from "./x509.ts";

/** What of a CA stands in what it issues, and its key. */
export interface Issuer {
  /** In DER. */
  name: Buffer;
  keyId: Buffer;
  key: KeyObject;
  hash: string;
  algorithm: Buffer;
}

/** Parts of a distinguished name, in their order. */
export type Subject = Readonly<Partial<Record<"CN" | "O" | "OU", string>>>;

export interface Leaf {
  subject: Subject;
  names: readonly { type: "dns" | "url"; value: string }[];
  usages: readonly ("Server" | "Client")[];
  /** SubjectPublicKeyInfo in DER. */
  publicKey: Uint8Array;
  notBefore: Date;
  notAfter: Date;
}

const SIGNATURES: Readonly<Record<string, string>> = {
  "SHA-256": "1.2.840.10045.4.3.2",
  "SHA-384": "1.2.840.10045.4.3.3",
  "SHA-512": "1.2.840.10045.4.3.4",
};
const RSA_WITH_SHA256 = "1.2.840.113549.1.1.11";
const ATTRIBUTES: Readonly<Record<string, string>> = { CN: "2.5.4.3", O: "2.5.4.10", OU: "2.5.4.11" };
const USAGES = { Server: "1.3.6.1.5.5.7.3.1", Client: "1.3.6.1.5.5.7.3.2" };
const NAMES = { dns: 2, url: 6 };

/** Throws when the key is none that can sign certificates. */
export async function issuerOf(certificate: x509.X509Certificate, keyPem: string): Promise<Issuer> {
  const { algorithm } = readSigningKey(keyPem);
  const { keyId } = await keyIdentifierOf(certificate);
  return {
    name: Buffer.from(certificate.subjectName.toArrayBuffer()),
    keyId: Buffer.from(keyId ?? "", "hex"),
    key: createPrivateKey(keyPem),
    hash: algorithm.hash.replace("-", ""),
    algorithm:
      algorithm.name === "ECDSA"
        ? der.sequence(der.oid(SIGNATURES[algorithm.hash] ?? ""))
        : der.sequence(der.oid(RSA_WITH_SHA256), der.nothing()),
  };
}

/** In PEM. */
export async function signLeaf(issuer: Issuer, leaf: Leaf): Promise<string> {
  const body = der.sequence(
    der.context(0, "Around", der.integer("02")),
    der.integer(serialNumber()),
    issuer.algorithm,
    issuer.name,
    der.sequence(der.time(leaf.notBefore), der.time(leaf.notAfter)),
    nameOf(leaf.subject),
    Buffer.from(leaf.publicKey),
    der.context(3, "Around", der.sequence(...extensionsOf(issuer, leaf))),
  );
  const signature = await promisify(sign)(issuer.hash, body, issuer.key);
  const lines =
    der
      .sequence(body, issuer.algorithm, der.bits(signature))
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----"].join("\n");
}

/** ECDSA P-256. */
export function newKeys(): Promise<{ publicKey: Buffer; privateKey: string }> {
  return promisify(generateKeyPair)("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

function nameOf(subject: Subject): Buffer {
  const parts = Object.entries(subject).map(([name, value]) =>
    der.set(der.sequence(der.oid(ATTRIBUTES[name] ?? ""), der.text(value))),
  );
  return der.sequence(...parts);
}

function extensionsOf({ keyId }: Issuer, { subject, names, usages }: Leaf): Buffer[] {
  const DIGITAL_SIGNATURE = Buffer.from([0x80]);
  return [
    extension("2.5.29.19", "Critical", der.sequence()),
    extension("2.5.29.15", "Critical", der.bits(DIGITAL_SIGNATURE, 7)),
    extension("2.5.29.37", "Plain", der.sequence(...usages.map((usage) => der.oid(USAGES[usage])))),
    // RFC 5280: critical where the subject is empty
    extension(
      "2.5.29.17",
      Object.keys(subject).length === 0 ? "Critical" : "Plain",
      der.sequence(...names.map(({ type, value }) => der.context(NAMES[type], "Instead", Buffer.from(value)))),
    ),
    extension("2.5.29.35", "Plain", der.sequence(der.context(0, "Instead", keyId))),
  ];
}

function extension(id: string, weight: "Critical" | "Plain", content: Buffer): Buffer {
  return der.sequence(der.oid(id), ...(weight === "Critical" ? [der.truth()] : []), der.octets(content));
}
