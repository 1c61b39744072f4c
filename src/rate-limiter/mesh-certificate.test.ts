import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accountAuthenticator, authenticator } from "../identity/authenticator.ts";
import { Authority } from "../identity/authority.ts";
import { type AuthoritySource, constantAuthority } from "../identity/authority-source.ts";
import { signRequest } from "../identity/certificate-request.ts";
import { createAuthority } from "../identity/self-signed.ts";
import { serverCertificate } from "../identity/server-certificate.ts";
import { DiscoveryServer } from "../xds/server.ts";
import { FakeSource } from "../xds/testing/fake-source.ts";
import { meshCertificate } from "./mesh-certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-limiter-"));
const rootFile = join(folder, "root-cert.pem");
const tokenFile = join(folder, "token");
const stop = new AbortController();
let authority: AuthoritySource;
let server: DiscoveryServer;
let port: number;

/** A token of this test: it says itself whose it is. */
function token(account: string): string {
  const claims = { account, exp: Date.now() / 1000 + 3600 };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
}

before(async () => {
  authority = constantAuthority(await Authority.load(await createAuthority("td"), "test"));
  const identity = await serverCertificate({
    authority,
    dnsNames: ["localhost"],
    signal: stop.signal,
    onError: assert.fail,
  });
  const review = async (reviewed: string) => {
    const { account } = JSON.parse(Buffer.from(reviewed.split(".")[1] ?? "", "base64url").toString());
    const known = account === "istio-system:lateen-ratelimit";
    return {
      authenticated: known,
      audiences: ["istio-ca"],
      user: { username: `system:serviceaccount:${account}` },
    };
  };
  server = new DiscoveryServer({
    source: new FakeSource(),
    authenticate: authenticator({ review }),
    identity,
    log: { info: () => {}, warn: () => {} },
    certificates: {
      authenticate: accountAuthenticator({ review }),
      sign: (caller, request) => signRequest(authority, "td", caller, request),
    },
  });
  port = await server.listen({ host: "127.0.0.1", port: 0 });
  writeFileSync(rootFile, authority.anchorRoots());
});
after(async () => {
  stop.abort();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the process gets a certificate of its account, as soon as it may have one", async () => {
  const troubles: string[] = [];
  writeFileSync(tokenFile, token("default:stranger"));
  const identity = await meshCertificate({
    controlPlane: `localhost:${port}`,
    rootFile,
    tokenFile,
    signal: stop.signal,
    onError: (error) => {
      troubles.push(String(error));
      writeFileSync(tokenFile, token("istio-system:lateen-ratelimit"));
    },
  });
  assert.equal(troubles.length, 1, troubles.join("\n"));
  const { certificate, privateKey, roots } = identity.current();
  const own = new X509Certificate(certificate);
  assert.equal(own.subjectAltName, "URI:spiffe://td/ns/istio-system/sa/lateen-ratelimit");
  assert.ok(own.checkPrivateKey(createPrivateKey(privateKey)));
  assert.equal(roots, authority.roots());
});
