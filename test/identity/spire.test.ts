/** A proxy whose certificate comes from an agent's socket, not from the control plane. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect, type PeerCertificate } from "node:tls";
import type { JsonObject } from "@bufbuild/protobuf";
import { TransportSocketSchema } from "#envoy/config/core/v3/base_pb.js";
import { identityCluster } from "../../src/envoy/bootstrap/identity-cluster.ts";
import { json } from "../../src/envoy/json.ts";
import { meshServerSocket } from "../../src/envoy/listeners/downstream-tls.ts";
import { meshTlsOf } from "../../src/envoy/mesh-tls.ts";
import { keyPairSecret, rootsSecret } from "../../src/envoy/secrets.ts";
import { Authority, type Issued } from "../../src/identity/authority.ts";
import { createAuthority } from "../../src/identity/self-signed.ts";
import { DEFAULT_SETTINGS } from "../../src/mesh/settings.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "../envoy/running-envoy.ts";
import { eventually } from "../support/eventually.ts";
import { SdsServer } from "./sds-server.ts";

const directory = mkdtempSync(join(tmpdir(), "lateen-spire-"));
const HOUR_MS = 3_600_000;

let spire: Authority;
let sds: SdsServer;
let envoy: RunningEnvoy;
let port: number;

function issue(serviceAccount: string): Promise<Issued> {
  return spire.issue({ spiffeId: `spiffe://cluster.local/ns/default/sa/${serviceAccount}`, ttlMs: HOUR_MS });
}

async function give(serviceAccount: string): Promise<void> {
  const { certificate, privateKey = "" } = await issue(serviceAccount);
  sds.put(keyPairSecret("default", { certificate, privateKey }));
}

/** The certificate that the proxy shows to a peer of the mesh. */
async function shown(): Promise<PeerCertificate> {
  const { certificate, privateKey } = await issue("peer");
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      ca: spire.roots,
      cert: certificate,
      key: privateKey,
      checkServerIdentity: () => undefined,
    });
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

before(async () => {
  spire = await Authority.load(await createAuthority("spire"), "test");
  const path = join(directory, "socket");
  sds = await SdsServer.start(path);
  await give("first");
  sds.put(rootsSecret("ROOTCA", [{ certificates: spire.roots, revocations: "" }]));
  port = await freePort();
  const socket = json(TransportSocketSchema, meshServerSocket(meshTlsOf(DEFAULT_SETTINGS, "Socket")));
  const echo = {
    name: "echo",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo" },
  };
  const listener: JsonObject = {
    name: "mutual",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [{ transport_socket: socket, filters: [echo] }],
  };
  envoy = await startStaticEnvoy([identityCluster(path)], [listener]);
});

after(async () => {
  await envoy?.stop();
  sds?.close();
  rmSync(directory, { recursive: true });
});

test("a proxy shows the certificate that the agent gave it, and trusts whom the agent says", async () => {
  assert.equal((await shown()).subjectaltname, "URI:spiffe://cluster.local/ns/default/sa/first");
});

test("a certificate that the agent renews is shown from then on", async () => {
  await give("second");
  await eventually(async () => {
    assert.equal((await shown()).subjectaltname, "URI:spiffe://cluster.local/ns/default/sa/second");
  });
});
