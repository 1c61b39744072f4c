import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import * as der from "./der.ts";
import { issuerOf, newKeys, signLeaf } from "./leaf.ts";
import { createRoot, privateKeyPem, x509 } from "./x509.ts";

const NAMES = [
  { type: "url" as const, value: "spiffe://td/ns/a/sa/b" },
  { type: "dns" as const, value: "istiod.istio-system.svc" },
];

async function ca() {
  const { certificate, key } = await createRoot("O=td,CN=root", {
    notBefore: new Date("2026-01-01T00:00:00Z"),
    notAfter: new Date("2060-01-01T00:00:00Z"),
  });
  return { certificate, issuer: await issuerOf(certificate, await privateKeyPem(key)) };
}

test("a certificate says what another implementation would have it say", async () => {
  const { certificate, issuer } = await ca();
  const { publicKey } = await newKeys();
  const notBefore = new Date("2026-11-23T12:00:00Z");
  const pem = await signLeaf(issuer, {
    subject: { CN: "reviews-v1", O: "reviews", OU: "v1" },
    names: NAMES,
    usages: ["Server", "Client"],
    publicKey,
    notBefore,
    notAfter: new Date("2051-02-03T04:05:06Z"),
  });
  const read = new x509.X509Certificate(pem);
  assert.equal(await read.verify({ publicKey: certificate, signatureOnly: true }), true);
  assert.deepEqual([read.subject, read.issuer], ["CN=reviews-v1, O=reviews, OU=v1", certificate.subject]);
  assert.deepEqual([read.notBefore, read.notAfter.toISOString()], [notBefore, "2051-02-03T04:05:06.000Z"]);
  assert.deepEqual(Buffer.from(read.publicKey.rawData), publicKey);
  assert.deepEqual(
    Array.from(read.extensions, ({ critical }) => critical),
    [true, true, false, false, false],
  );
  const [constraints, usage, purposes, names, authority] = [
    read.getExtension(x509.BasicConstraintsExtension),
    read.getExtension(x509.KeyUsagesExtension),
    read.getExtension(x509.ExtendedKeyUsageExtension),
    read.getExtension(x509.SubjectAlternativeNameExtension),
    read.getExtension(x509.AuthorityKeyIdentifierExtension),
  ];
  assert.deepEqual([constraints?.ca, usage?.usages], [false, x509.KeyUsageFlags.digitalSignature]);
  assert.deepEqual(Array.from(purposes?.usages ?? []), [
    x509.ExtendedKeyUsage.serverAuth,
    x509.ExtendedKeyUsage.clientAuth,
  ]);
  assert.deepEqual(
    names?.names.items.map(({ type, value }) => ({ type, value })),
    NAMES,
  );
  assert.equal(authority?.keyId, certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId);
  const again = new X509Certificate(pem);
  assert.ok(again.checkIssued(new X509Certificate(certificate.toString("pem"))));
});

test("names are critical where there is no subject", async () => {
  const { issuer } = await ca();
  const { publicKey } = await newKeys();
  const now = new Date();
  const pem = await signLeaf(issuer, {
    subject: {},
    names: NAMES,
    usages: ["Server"],
    publicKey,
    notBefore: now,
    notAfter: now,
  });
  const read = new x509.X509Certificate(pem);
  assert.equal(read.subject, "");
  assert.equal(read.getExtension(x509.SubjectAlternativeNameExtension)?.critical, true);
});

test("CAs of every kind of key sign", async () => {
  const kinds = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ...["P-256", "P-384", "P-521"].map((namedCurve) => generateKeyPairSync("ec", { namedCurve })),
  ];
  const { certificate } = await ca();
  const now = new Date();
  for (const { publicKey, privateKey } of kinds) {
    const issuer = await issuerOf(certificate, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    const leaf = { subject: {}, names: NAMES, usages: ["Server" as const], notBefore: now, notAfter: now };
    const pem = await signLeaf(issuer, { ...leaf, publicKey: (await newKeys()).publicKey });
    assert.ok(new X509Certificate(pem).verify(publicKey), publicKey.asymmetricKeyType);
  }
});

test("lengths and numbers are written in as many bytes as they need", () => {
  const long = (size: number): string => der.octets(Buffer.alloc(size)).subarray(0, 4).toString("hex");
  assert.deepEqual([long(127), long(128), long(256)], ["047f0000", "04818000", "04820100"]);
  assert.equal(der.oid("1.2.840.113549.1.1.11").toString("hex"), "06092a864886f70d01010b");
});
