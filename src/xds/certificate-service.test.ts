import assert from "node:assert/strict";
import { type webcrypto, X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { IstioCertificateRequestSchema, IstioCertificateResponseSchema } from "#proto/istio/v1/auth/ca_pb.js";
import { accountAuthenticator, authenticator } from "../identity/authenticator.ts";
import { Authority } from "../identity/authority.ts";
import { type AuthoritySource, constantAuthority } from "../identity/authority-source.ts";
import { signRequest } from "../identity/certificate-request.ts";
import { createAuthority } from "../identity/self-signed.ts";
import { serverCertificate } from "../identity/server-certificate.ts";
import { x509 } from "../identity/x509.ts";
import { DiscoveryServer } from "./server.ts";
import { FakeSource } from "./testing/fake-source.ts";

const METHOD = "/istio.v1.auth.IstioCertificateService/CreateCertificate";
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const stop = new AbortController();
const logged: string[] = [];
let authority: AuthoritySource;
let server: DiscoveryServer;
let port: number;

/** A token of this test: it says itself whose it is. */
function token(account: string, { audience = "istio-ca", exp = Date.now() / 1000 + 3600 } = {}): string {
  return `Bearer e30.${Buffer.from(JSON.stringify({ account, audience, exp })).toString("base64url")}.s`;
}

before(async () => {
  authority = constantAuthority(await Authority.load(await createAuthority("td"), "test"));
  const identity = await serverCertificate({
    authority,
    dnsNames: ["istiod.istio-system.svc"],
    signal: stop.signal,
    onError: assert.fail,
  });
  const review = async (reviewed: string) => {
    const { account, audience } = JSON.parse(Buffer.from(reviewed.split(".")[1] ?? "", "base64url").toString());
    return {
      authenticated: account !== "deleted:x",
      audiences: [audience],
      user: { username: `system:serviceaccount:${account}` },
    };
  };
  const log = {
    info: (fields: object) => void logged.push(JSON.stringify(fields)),
    warn: (fields: object) => void logged.push(JSON.stringify(fields)),
  };
  server = new DiscoveryServer({
    source: new FakeSource(),
    authenticate: authenticator({ review }),
    identity,
    log,
    certificates: {
      authenticate: accountAuthenticator({ review }),
      sign: (caller, request) => signRequest(authority, "td", caller, request),
    },
  });
  port = await server.listen({ host: "127.0.0.1", port: 0 });
});

after(async () => {
  await server.close();
  stop.abort();
});

type Request = MessageInitShape<typeof IstioCertificateRequestSchema>;

/** As Istio's clients call it: one request, one answer. */
async function ask(request: Request, authorization?: string, plaintext = false): Promise<string[]> {
  const channel = plaintext ? credentials.createInsecure() : credentials.createSsl(Buffer.from(authority.roots()));
  const client = new Client(`127.0.0.1:${port}`, channel, {
    "grpc.ssl_target_name_override": "istiod.istio-system.svc",
  });
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set("authorization", authorization);
  const encode = (message: Request): Buffer =>
    Buffer.from(toBinary(IstioCertificateRequestSchema, create(IstioCertificateRequestSchema, message)));
  const decode = (bytes: Buffer) => fromBinary(IstioCertificateResponseSchema, bytes);
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(METHOD, encode, decode, request, metadata, (error, answer) =>
        answer ? resolve(answer.certChain) : reject(error),
      );
    });
  } finally {
    client.close();
  }
}

async function refusal(request: Request, authorization?: string, plaintext?: boolean): Promise<ServiceError> {
  return ask(request, authorization, plaintext).then(
    () => assert.fail("it was issued"),
    (error: ServiceError) => error,
  );
}

async function csr(
  algorithm: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams = EC,
  names: string[] = [],
): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=system:masters",
    keys,
    signingAlgorithm: algorithm.name === "ECDSA" ? EC : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "url" as const, value })))],
  });
  return request.toString("pem");
}

test("a caller gets its key certified in the name of its account, with what leads to the root", async () => {
  const chain = (await ask({ csr: await csr() }, token("team-a:vm"))).map((pem) => new X509Certificate(pem));
  const [leaf, issuer, root] = chain;
  assert.ok(leaf && issuer && root);
  assert.equal(leaf.subjectAltName, "URI:spiffe://td/ns/team-a/sa/vm");
  assert.ok(leaf.verify(issuer.publicKey) && issuer.verify(root.publicKey) && !leaf.ca);
  assert.equal(root.fingerprint256, new X509Certificate(authority.roots()).fingerprint256);
});

test("what a request says of names counts for nothing", async () => {
  const [pem = ""] = await ask({ csr: await csr(EC, ["spiffe://td/ns/kube-system/sa/admin"]) }, token("team-a:vm"));
  const leaf = new X509Certificate(pem);
  assert.equal(leaf.subjectAltName, "URI:spiffe://td/ns/team-a/sa/vm");
  assert.ok(!leaf.subject);
});

test("a certificate lives as long as was asked for, but no longer than a day", async () => {
  const hours = async (seconds: bigint): Promise<number> => {
    const [pem = ""] = await ask({ csr: await csr(), validityDuration: seconds }, token("team-a:vm"));
    return (new X509Certificate(pem).validToDate.getTime() - Date.now()) / 3_600_000;
  };
  assert.deepEqual(
    [await hours(3600n), await hours(0n), await hours(-1n), await hours(100n * 365n * 86_400n)].map(Math.round),
    [1, 24, 24, 24],
  );
});

test("nobody gets a certificate in the name of another", async () => {
  const request = { csr: await csr(), metadata: { ImpersonatedIdentity: "spiffe://td/ns/b/sa/b" } };
  const error = await refusal(request, token("istio-system:ztunnel"));
  assert.deepEqual([error.code, /LTN6022/.test(error.details)], [status.PERMISSION_DENIED, true]);
});

test("who brings no good token, or speaks no TLS, gets nothing", async () => {
  const request = { csr: await csr() };
  for (const [authorization, reason] of [
    [undefined, /LTN6011/],
    ["Bearer garbage", /LTN6012/],
    [token("team-a:vm", { exp: 1 }), /LTN6013/],
    [token("deleted:x"), /LTN6014/],
    [token("team-a:vm", { audience: "vault" }), /LTN6015/],
  ] as const) {
    const error = await refusal(request, authorization);
    assert.equal(error.code, status.UNAUTHENTICATED);
    assert.match(error.details, reason);
  }
  assert.equal((await refusal(request, token("team-a:vm"), true)).code, status.UNAVAILABLE);
});

test("requests that cannot be signed are refused with the reason", async () => {
  const good = await csr();
  const [, body = ""] = /-----\n([^-]+)\n-----/.exec(good) ?? [];
  const bytes = Buffer.from(body, "base64");
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----`;
  const weak = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const bad = { empty: "", nonsense: "nonsense", forged, weak: await csr(weak), long: `${good}${" ".repeat(20_000)}` };
  for (const [what, text] of Object.entries(bad)) {
    const error = await refusal({ csr: text }, token("team-a:vm"));
    assert.equal(error.code, status.INVALID_ARGUMENT, what);
    assert.match(error.details, /LTN6021/);
  }
});

test("the log says who got a certificate and who did not, and holds no token and no certificate", () => {
  assert.ok(logged.some((line) => line.includes('"serviceAccount":"vm"')));
  assert.ok(logged.some((line) => line.includes("LTN6022")));
  assert.ok(!logged.some((line) => line.includes("BEGIN") || line.includes("e30.")));
});
