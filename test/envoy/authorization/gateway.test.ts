/** Gateways face strangers: who is behind a header, and what a certificate is worth that nobody has verified. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { address } from "../../../src/envoy/addresses.ts";
import { json } from "../../../src/envoy/json.ts";
import { gatewayTls, tlsSocket } from "../../../src/envoy/listeners/downstream-tls.ts";
import { httpConnectionManager } from "../../../src/envoy/listeners/http-connection-manager.ts";
import { meshTlsOf } from "../../../src/envoy/mesh-tls.ts";
import { inboundClusterName } from "../../../src/envoy/names.ts";
import { inboundRouteConfiguration } from "../../../src/envoy/routes/inbound.ts";
import { DEFAULT_SETTINGS } from "../../../src/mesh/settings.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "../running-envoy.ts";
import { type CallSpec, type Credentials, httpCall } from "./calls.ts";
import { type MeshAuthority, meshAuthority } from "./certificates.ts";
import { authorizationFor } from "./differential.ts";
import { startApplication, staticCluster } from "./proxied.ts";
import type { PolicyCase } from "./tables.ts";

const remote = (...remoteIpBlocks: string[]): PolicyCase => ({ rules: [{ from: [{ source: { remoteIpBlocks } }] }] });

/** By address: what stands at it. */
const LISTENERS: Record<string, { policy: PolicyCase; trustedProxies?: number; tls?: "Mutual" | "AcceptUntrusted" }> = {
  "127.8.0.1": { policy: remote("203.0.113.0/24") },
  "127.8.0.2": { policy: remote("203.0.113.0/24"), trustedProxies: 1 },
  "127.8.0.3": { policy: remote("203.0.113.0/24"), trustedProxies: 2 },
  "127.8.0.4": { policy: remote("127.0.0.1") },
  "127.8.0.5": { policy: { rules: [{ from: [{ source: { principals: ["*/sa/admin"] } }] }] }, tls: "Mutual" },
  "127.8.0.6": { policy: { rules: [{ from: [{ source: { principals: ["*/sa/admin"] } }] }] }, tls: "AcceptUntrusted" },
  "127.8.0.7": { policy: { rules: [{ from: [{ source: { principals: ["*"] } }] }] }, tls: "AcceptUntrusted" },
};

const ADMIN = "spiffe://cluster.local/ns/default/sa/admin";

const folder = mkdtempSync(join(tmpdir(), "lateen-gateway-"));
let envoy: RunningEnvoy;
let application: Awaited<ReturnType<typeof startApplication>>;
let port: number;
let known: MeshAuthority;
let unknown: MeshAuthority;

before(async () => {
  application = await startApplication();
  port = await freePort();
  [known, unknown] = [await meshAuthority(), await meshAuthority("O=strangers")];
  const own = await known.issue();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const pair = { certificate: file("cert.pem", own.certificate), privateKey: file("key.pem", own.privateKey) };
  const roots = file("roots.pem", known.root);
  const listeners = Object.entries(LISTENERS).map(([at, { policy, trustedProxies = 0, tls }]) => {
    const { authorization } = authorizationFor({ name: at, policies: [policy], calls: [] }, "");
    const filter = httpConnectionManager({
      role: "Gateway",
      statPrefix: "test",
      routes: inboundRouteConfiguration({ port, protocol: "HTTP", operation: "app" }),
      lazy: false,
      accessLogFile: "",
      policies: { ...(authorization && { authorization }) },
      requests: { trustedProxies },
    });
    const socket =
      tls &&
      tlsSocket(
        gatewayTls(
          {
            mode: "OptionalMutual",
            certificates: [pair],
            clientRoots: roots,
            acceptUntrusted: tls === "AcceptUntrusted",
            subjectAltNames: [],
            spkiHashes: [],
            certificateHashes: [],
            cipherSuites: [],
          },
          meshTlsOf(DEFAULT_SETTINGS),
          ["http/1.1"],
        ),
      );
    const filterChains = [{ filters: [filter], ...(socket && { transportSocket: socket }) }];
    return json(ListenerSchema, create(ListenerSchema, { name: at, address: address(at, port), filterChains }));
  });
  envoy = await startStaticEnvoy(
    [staticCluster(inboundClusterName(port), "127.0.0.1", application.httpPort)],
    listeners,
  );
});

after(async () => {
  await envoy?.stop();
  application?.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (at: string, spec: CallSpec, identity?: Credentials) => httpCall({ address: at, port }, spec, identity);
const via = (...hops: string[]): CallSpec => ({ headers: { "x-forwarded-for": hops.join(", ") } });

test("without trusted proxies, who is connected is who calls, whatever a header says", async () => {
  assert.equal((await call("127.8.0.1", via("203.0.113.7"))).status, 403);
  assert.equal((await call("127.8.0.4", via("203.0.113.7"))).status, 200);
  assert.equal((await call("127.8.0.4", {})).status, 200);
});

test("a trusted proxy says who is behind it, and what it was told does not count", async () => {
  assert.equal((await call("127.8.0.2", via("203.0.113.7"))).status, 200);
  assert.equal((await call("127.8.0.2", via("198.51.100.1", "203.0.113.7"))).status, 200);
  assert.equal((await call("127.8.0.2", via("203.0.113.7", "198.51.100.1"))).status, 403);
  assert.equal((await call("127.8.0.3", via("203.0.113.7", "198.51.100.1"))).status, 200);
  assert.equal((await call("127.8.0.3", via("203.0.113.7", "198.51.100.1", "198.51.100.2"))).status, 403);
});

test("a principal is of a certificate that was verified", async () => {
  const credentials = async (authority: MeshAuthority, ...uris: string[]): Promise<Credentials> => ({
    ...(await authority.issue(...uris)),
    root: known.root,
  });
  const admin = await credentials(known, ADMIN);
  const forged = await credentials(unknown, ADMIN);
  const user = await credentials(known, "spiffe://cluster.local/ns/default/sa/user");
  assert.equal((await call("127.8.0.5", {}, admin)).status, 200);
  assert.equal((await call("127.8.0.5", {}, user)).status, 403);
  await assert.rejects(call("127.8.0.5", {}, forged));
  assert.equal((await call("127.8.0.6", {}, admin)).status, 200);
  assert.equal((await call("127.8.0.6", {}, forged)).status, 403);
  assert.equal((await call("127.8.0.7", {}, forged)).status, 403);
  assert.equal((await call("127.8.0.7", {}, await credentials(known))).status, 200);
});
