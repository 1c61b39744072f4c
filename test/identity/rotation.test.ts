/** Certificates and their CA change under load, in real Envoys, and no request notices. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SECRET } from "../../src/envoy/types.ts";
import { SECRETS } from "../../src/identity/authority-secret.ts";
import { createAuthority } from "../../src/identity/self-signed.ts";
import { eventually } from "../support/eventually.ts";
import { startLoad } from "../support/load.ts";
import { MutualWorld } from "./mutual-world.ts";

const NAMES = ["client", "server"] as const;

let world: MutualWorld;
before(async () => {
  world = await MutualWorld.start({ ttlMs: 30_000, rotation: { spreadMs: 3_000, outliveMs: 10_000, mountMs: 1_000 } });
});
after(() => world?.stop());

async function serials(): Promise<string[]> {
  return Promise.all(NAMES.map(async (name) => (await world.certificates(name)).own.serialNumber));
}

/** Resolves when both have other certificates than these. */
async function othersThan(before: readonly string[]): Promise<void> {
  await eventually(async () => {
    const now = await serials();
    assert.ok(now.every((serial, index) => serial !== before[index]));
  }, 60_000);
}

test("each proxy has a certificate in its own name, with what leads to the root that all trust", async () => {
  for (const name of NAMES) {
    const { own, chain, roots } = await world.certificates(name);
    assert.equal(own.subjectAltName, `URI:spiffe://cluster.local/ns/default/sa/${name}`);
    assert.deepEqual(own.subject.split("\n"), [`CN=${name}`, `O=${name}`, "OU=v1"]);
    assert.equal(chain.length, 1);
    assert.ok(chain[0] && own.verify(chain[0].publicKey));
    assert.equal(roots.length, 1);
  }
});

test("certificates are renewed in time, and again and again, without a request that fails", async (context) => {
  const load = startLoad(world.url);
  context.after(() => load.stop());
  const before = await serials();
  load.step("renewal of both in its time");
  await othersThan(before);
  for (let turn = 2; turn <= 6; turn++) {
    load.step(`renewal ${turn}`);
    const old = await serials();
    for (const name of NAMES) await world.relabel(name, `v${turn}`);
    await othersThan(old);
    const counted = load.count();
    await eventually(() => assert.ok(load.count() > counted + 50));
  }
  const { requests, failures } = await load.stop();
  context.diagnostic(`${requests} requests, ${failures.length} failed`);
  assert.deepEqual(failures.slice(0, 5), []);
});

test("another root takes over without a request that fails, and the old one goes", async (context) => {
  const load = startLoad(world.url);
  context.after(() => load.stop());
  const [old = ""] = (await world.certificates("client")).roots;
  const { certificate, privateKey, chain, roots } = await createAuthority("plugged");
  const parts = {
    "ca-cert.pem": certificate,
    "ca-key.pem": privateKey,
    "cert-chain.pem": chain,
    "root-cert.pem": roots,
  };
  load.step("both roots are trusted");
  await world.store.create(SECRETS, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cacerts", namespace: "istio-system" },
    stringData: parts,
  });
  for (const name of NAMES) {
    await eventually(async () => assert.equal((await world.certificates(name)).roots.length, 2));
  }
  load.step("the new one issues");
  for (const name of NAMES) {
    await eventually(async () => assert.match((await world.certificates(name)).own.issuer, /O=plugged/));
  }
  load.step("the new one is alone");
  for (const name of NAMES) {
    await eventually(async () => assert.deepEqual((await world.certificates(name)).roots, [roots.trim()]));
  }
  assert.notEqual(old, roots.trim());
  const counted = load.count();
  await eventually(() => assert.ok(load.count() > counted + 100));

  load.step("the control plane comes back");
  await world.controlPlane.close();
  await world.startControlPlane();
  const proxies = await eventually(() => {
    const now = world.controlPlane.hub.status();
    assert.equal(now.length, NAMES.length, "Envoys that run know the control plane by the root that they began with");
    assert.ok(now.every(({ synced }) => synced));
    return now;
  });
  for (const { proxy, types } of proxies) {
    const secrets = types.find(({ type }) => type === SECRET);
    assert.equal(secrets?.counters.resources, 0, `${proxy.pod} was sent what it has`);
  }
  const { requests, failures } = await load.stop();
  context.diagnostic(`${requests} requests, ${failures.length} failed`);
  assert.deepEqual(failures.slice(0, 5), []);
});
