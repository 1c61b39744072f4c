import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { Authority } from "./authority.ts";
import { createAuthority } from "./self-signed.ts";
import { certificatesIn, readSigningKey, x509 } from "./x509.ts";

const ID = "spiffe://cluster.local/ns/default/sa/reviews";
const HOUR_MS = 3_600_000;

async function authority() {
  const material = await createAuthority("cluster.local");
  return { material, ca: await Authority.load(material, "Secret x") };
}

test("the root is a CA for ten years; below it an intermediate of one year signs, and no CA below that", async () => {
  const { material, ca } = await authority();
  const [root, signs] = [material.roots, material.certificate].map((pem) => new X509Certificate(pem));
  assert.ok(root && signs);
  assert.equal(root.ca, true);
  assert.equal(root.checkIssued(root), true);
  assert.match(root.subject, /^O=cluster.local\nCN=Root CA [0-9a-f]{8}$/);
  assert.ok(root.validToDate.getTime() > Date.now() + 9.9 * 365 * 24 * HOUR_MS);
  assert.equal(signs.checkIssued(root) && signs.verify(root.publicKey), true);
  assert.ok(ca.notAfter.getTime() < Date.now() + 366 * 24 * HOUR_MS);
  const constraints = new x509.X509Certificate(material.certificate).getExtension(x509.BasicConstraintsExtension);
  assert.deepEqual([constraints?.ca, constraints?.pathLength], [true, 0]);
});

test("a workload's certificate has its SPIFFE id as only name, and what leads to the root comes along", async () => {
  const { ca, material } = await authority();
  const issued = await ca.issue({ spiffeId: ID, ttlMs: 24 * HOUR_MS });
  const leaf = new X509Certificate(issued.certificate);
  assert.equal(leaf.subjectAltName, `URI:${ID}`);
  assert.equal(leaf.ca, false);
  const [, intermediate, ...more] = certificatesIn(issued.certificate);
  assert.deepEqual([intermediate, more], [material.certificate.trim(), []]);
  const issuer = new X509Certificate(intermediate ?? "");
  assert.equal(leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey), true);
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  assert.match(issued.privateKey ?? "", /^-----BEGIN PRIVATE KEY-----/);
  assert.equal(issued.notAfter.getTime() - Date.now() > 23 * HOUR_MS, true);
});

test("who brings a public key keeps the private one", async () => {
  const { ca } = await authority();
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const issued = await ca.issue({ spiffeId: ID, ttlMs: HOUR_MS, publicKey: der });
  assert.equal(issued.privateKey, undefined);
  const certified = new X509Certificate(issued.certificate).publicKey.export({ type: "spki", format: "der" });
  const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  assert.equal(hash(certified), hash(der));
});

test("a subject carries the workload's name for its peer's metrics", async () => {
  const { ca } = await authority();
  const issued = await ca.issue({ spiffeId: ID, ttlMs: HOUR_MS, subject: { CN: "reviews-v1", OU: "reviews" } });
  assert.match(new X509Certificate(issued.certificate).subject, /CN=reviews-v1/);
});

test("what is no SPIFFE id of ours is not certified", async () => {
  const { ca } = await authority();
  for (const spiffeId of ["", "spiffe://a/b", `${ID}/x`, "spiffe://cluster.local/ns/a b/sa/c", "https://example.com"]) {
    await assert.rejects(ca.issue({ spiffeId, ttlMs: HOUR_MS }), /LTN6005/);
  }
});

test("a certificate never outlives its CA", async () => {
  const { ca } = await authority();
  const issued = await ca.issue({ spiffeId: ID, ttlMs: 100 * 365 * 24 * HOUR_MS });
  assert.equal(issued.notAfter.getTime(), ca.notAfter.getTime());
});

test("a CA that cannot work is refused with the reason", async () => {
  const { material, ca } = await authority();
  const other = await createAuthority("other");
  const leaf = await ca.issue({ spiffeId: ID, ttlMs: HOUR_MS });
  const load = (change: object, now?: number) => Authority.load({ ...material, ...change }, "Secret x", now);
  await assert.rejects(load({ certificate: "nonsense" }), /LTN6001.*Secret x/);
  await assert.rejects(load({ certificate: leaf.certificate, privateKey: leaf.privateKey }), /LTN6002/);
  await assert.rejects(load({}, Date.now() + 11 * 365 * 24 * HOUR_MS), /LTN6003/);
  await assert.rejects(load({ privateKey: other.privateKey }), /LTN6004/);
  await assert.rejects(load({ roots: other.roots }), /LTN6007/);
});

test("a plugged-in intermediate of RSA signs, and its chain travels along", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const { key, algorithm } = readSigningKey(pem);
  const root = await createAuthority("root");
  const rootKey = readSigningKey(root.rootKey);
  const spki = new Uint8Array(createPublicKey(privateKey).export({ type: "spki", format: "der" }));
  const intermediate = await x509.X509CertificateGenerator.create({
    subject: "O=intermediate",
    issuer: new x509.X509Certificate(root.roots).subject,
    publicKey: spki,
    signingKey: rootKey.key,
    signingAlgorithm: rootKey.algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  const certificate = intermediate.toString("pem");
  assert.equal(algorithm.name, "RSASSA-PKCS1-v1_5");
  assert.equal(key.type, "private");
  const ca = await Authority.load(
    { certificate, privateKey: pem, chain: certificate, roots: root.roots },
    "Secret cacerts",
  );
  const issued = await ca.issue({ spiffeId: ID, ttlMs: HOUR_MS });
  assert.equal(issued.certificate.match(/BEGIN CERTIFICATE/g)?.length, 2);
  const leaf = new X509Certificate(issued.certificate);
  assert.equal(leaf.verify(new X509Certificate(certificate).publicKey), true);
});
