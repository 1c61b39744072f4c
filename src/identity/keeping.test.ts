import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { configMapKind } from "../kinds/core/config-map.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { secretKind } from "../kinds/core/secret.ts";
import { formatSpiffeId, parseSpiffeId } from "../mesh/spiffe.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import type { Store } from "../store/store.ts";
import { Authority, type AuthorityMaterial } from "./authority.ts";
import { ensureAuthority, SECRETS, type SecretObject } from "./authority-secret.ts";
import { constantAuthority } from "./authority-source.ts";
import { keepRootConfigMaps } from "./root-config-maps.ts";
import { createAuthority } from "./self-signed.ts";
import { controlPlaneNames, serverCertificate } from "./server-certificate.ts";
import { certificatesIn, createRoot, privateKeyPem } from "./x509.ts";

const core = (plural: string, kind: string, namespaced = true): ResourceType => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});
const CONFIG_MAPS = core("configmaps", "ConfigMap");
const NAMESPACES = core("namespaces", "Namespace", false);

async function world() {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [namespaceKind, configMapKind, secretKind] });
  await namespace(store, "istio-system");
  return store;
}

function namespace(store: Store, name: string): Promise<KubeObject> {
  return store.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

function partsOf({ certificate, privateKey, chain, roots }: AuthorityMaterial): Record<string, string> {
  return { "ca-cert.pem": certificate, "ca-key.pem": privateKey, "cert-chain.pem": chain, "root-cert.pem": roots };
}

async function put(store: Store, name: string, parts: Record<string, string>): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(parts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "istio-system" }, data };
  await store.patch(
    SECRETS,
    { namespace: "istio-system", name },
    { type: "apply", body: secret },
    { fieldManager: "t", force: true },
  );
}

async function eventually<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (let turn = 0; turn < 200; turn++) {
    const value = await read().catch(() => undefined);
    if (value !== undefined) return value;
    await sleep(10);
  }
  assert.fail("it did not come to be");
}

test("the CA is made once, by whoever is first, and outlives the process", async () => {
  const store = await world();
  const both = await Promise.all([1, 2].map(() => ensureAuthority(store, "istio-system", "cluster.local")));
  assert.deepEqual(both[0], both[1]);
  assert.deepEqual(await ensureAuthority(store, "istio-system", "cluster.local"), both[0]);
  const secret = await store.get<SecretObject>(SECRETS, { namespace: "istio-system", name: "istio-ca-secret" });
  assert.equal(secret.type, "istio.io/ca-root");
  await Authority.load(both[0]?.material ?? assert.fail(), "test");
  store.close();
});

test("a CA of a time when the root itself signed goes on", async () => {
  const store = await world();
  const { certificate, key } = await createRoot("O=cluster.local", {
    notBefore: new Date(),
    notAfter: new Date(Date.now() + 1e9),
  });
  const data = { "ca-cert.pem": certificate.toString("pem"), "ca-key.pem": await privateKeyPem(key) };
  await put(store, "istio-ca-secret", { ...data, "root-cert.pem": data["ca-cert.pem"] });
  const { material } = await ensureAuthority(store, "istio-system", "cluster.local");
  const issued = await (await Authority.load(material, "test")).issueServer(["a"], 1000);
  assert.equal(new X509Certificate(issued.certificate).verify(new X509Certificate(material.roots).publicKey), true);
  assert.equal(certificatesIn(issued.certificate).length, 1, "the root does not travel");
  store.close();
});

test("a plugged-in CA may be as cert-manager writes it", async () => {
  const store = await world();
  const plugged = await createAuthority("plugged");
  const parts = { "tls.crt": plugged.chain + plugged.roots, "tls.key": plugged.privateKey, "ca.crt": plugged.roots };
  await put(store, "cacerts", parts);
  const { material } = await ensureAuthority(store, "istio-system", "cluster.local");
  assert.deepEqual(
    [material.certificate, material.chain, material.roots],
    [plugged.certificate.trim(), plugged.chain.trim(), plugged.roots.trim()],
  );
  await Authority.load(material, "test");
  store.close();
});

test("a plugged-in CA goes before; one with a part missing is refused by name", async () => {
  const store = await world();
  const plugged = await createAuthority("plugged");
  await put(store, "cacerts", { "ca-cert.pem": plugged.certificate });
  await assert.rejects(
    ensureAuthority(store, "istio-system", "cluster.local"),
    /LTN6006.*Secret istio-system\/cacerts: data\[ca-key.pem\] is missing/,
  );
  // as Istio's own instructions make it: the chain holds the root too
  await put(store, "cacerts", { ...partsOf(plugged), "cert-chain.pem": plugged.chain + plugged.roots });
  const { material } = await ensureAuthority(store, "istio-system", "cluster.local");
  assert.equal(material.roots, plugged.roots.trim());
  const issued = await (await Authority.load(material, "test")).issueServer(["a"], 1000);
  assert.equal(certificatesIn(issued.certificate).length, 2, "the root does not travel");
  store.close();
});

test("the control plane's certificate has Istio's names and is renewed at half of its life", async () => {
  const authority = await Authority.load(await createAuthority("cluster.local"), "test");
  const stop = new AbortController();
  const identity = await serverCertificate({
    authority: constantAuthority(authority),
    dnsNames: controlPlaneNames("istio-system", "cluster.local"),
    ttlMs: 200,
    signal: stop.signal,
    onError: assert.fail,
  });
  const first = new X509Certificate(identity.current().certificate);
  for (const name of ["istiod.istio-system.svc", "istiod.istio-system.svc.cluster.local", "localhost"]) {
    assert.equal(first.checkHost(name), name);
  }
  await new Promise<void>((resolve) => identity.onChange(resolve));
  assert.notEqual(new X509Certificate(identity.current().certificate).serialNumber, first.serialNumber);
  stop.abort();
});

test("every namespace has the root's ConfigMap, also a new one, and also after somebody meddled with it", async () => {
  const store = await world();
  await namespace(store, "default");
  const stop = new AbortController();
  const authority = constantAuthority(await Authority.load(await createAuthority("cluster.local"), "test"));
  const roots = authority.anchorRoots();
  const keeping = keepRootConfigMaps({ store, authority, signal: stop.signal, onError: assert.fail });
  type Map = KubeObject & { data?: Record<string, string> };
  const root = (name: string) =>
    eventually(async () => {
      const map = await store.get<Map>(CONFIG_MAPS, { namespace: name, name: "istio-ca-root-cert" });
      return map.data?.["root-cert.pem"] === roots ? map : undefined;
    });
  await root("istio-system");
  await root("default");
  await namespace(store, "bookinfo");
  assert.equal((await root("bookinfo")).metadata.labels?.["istio.io/config"], "true");
  await store.patch(
    CONFIG_MAPS,
    { namespace: "default", name: "istio-ca-root-cert" },
    { type: "merge", body: { data: { "root-cert.pem": "FORGED" } } },
  );
  await root("default");
  await store.delete(CONFIG_MAPS, { namespace: "bookinfo", name: "istio-ca-root-cert" });
  await root("bookinfo");
  stop.abort();
  await keeping;
  store.close();
});

test("a revision's control plane is known by its own name too", () => {
  assert.ok(controlPlaneNames("istio-system", "cluster.local", "canary").includes("istiod-canary.istio-system.svc"));
});

test("SPIFFE ids read back what they were written from", () => {
  const id = { trustDomain: "cluster.local", namespace: "default", serviceAccount: "reviews.v1" };
  assert.deepEqual(parseSpiffeId(formatSpiffeId(id)), id);
  assert.equal(parseSpiffeId("spiffe://cluster.local/ns/default/sa/"), undefined);
});
