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
import { Authority, createAuthority } from "./authority.ts";
import { constantAuthority, followAuthority, loadAuthority } from "./authority-secret.ts";
import { keepRootConfigMaps } from "./root-config-maps.ts";
import { controlPlaneNames, serverCertificate } from "./server-certificate.ts";

const core = (plural: string, kind: string, namespaced = true): ResourceType => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});
const SECRETS = core("secrets", "Secret");
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
  const both = await Promise.all([1, 2].map(() => loadAuthority(store, "istio-system", "cluster.local")));
  assert.equal(both[0]?.roots, both[1]?.roots);
  const again = await loadAuthority(store, "istio-system", "cluster.local");
  assert.equal(again.roots, both[0]?.roots);
  const secret = await store.get<KubeObject & { type?: string }>(SECRETS, {
    namespace: "istio-system",
    name: "istio-ca-secret",
  });
  assert.equal(secret.type, "istio.io/ca-root");
  store.close();
});

test("a plugged-in CA goes before; one with a part missing is refused by name", async () => {
  const store = await world();
  const plugged = await createAuthority("plugged");
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const secret = (data: Record<string, string>): KubeObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cacerts", namespace: "istio-system" },
    data,
  });
  await store.create(SECRETS, secret({ "ca-cert.pem": base64(plugged.certificate) }));
  await assert.rejects(
    loadAuthority(store, "istio-system", "cluster.local"),
    /LTN6006.*Secret istio-system\/cacerts: data\[ca-key.pem\] is missing/,
  );
  await store.update(
    SECRETS,
    secret({
      "ca-cert.pem": base64(plugged.certificate),
      "ca-key.pem": base64(plugged.privateKey),
      "root-cert.pem": base64(plugged.roots),
      "cert-chain.pem": base64(plugged.certificate),
    }),
  );
  const authority = await loadAuthority(store, "istio-system", "cluster.local");
  assert.equal(authority.roots, plugged.roots);
  const issued = await authority.issueServer(["a"], 1000);
  assert.equal(issued.certificate.match(/BEGIN CERTIFICATE/g)?.length, 1, "the root does not travel");
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
  const authority = constantAuthority(await loadAuthority(store, "istio-system", "cluster.local"));
  const { roots } = authority.current();
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

test("a CA that replaces another is used from then on; one that is deleted or broken changes nothing", async () => {
  const store = await world();
  const stop = new AbortController();
  const errors: unknown[] = [];
  const authority = await followAuthority({
    store,
    namespace: "istio-system",
    trustDomain: "cluster.local",
    signal: stop.signal,
    onError: (error) => errors.push(error),
  });
  const identity = await serverCertificate({
    authority,
    dnsNames: ["a"],
    signal: stop.signal,
    onError: assert.fail,
  });
  const keeping = keepRootConfigMaps({ store, authority, signal: stop.signal, onError: assert.fail });
  const issuer = () => new X509Certificate(identity.current().certificate).issuer;
  assert.match(issuer(), /cluster.local/);
  const plugged = await createAuthority("plugged");
  const at = { namespace: "istio-system", name: "cacerts" };
  await store.create<KubeObject & { stringData: object }>(SECRETS, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...at },
    stringData: { "ca-cert.pem": plugged.certificate, "ca-key.pem": plugged.privateKey },
  });
  await eventually(async () => (issuer().includes("plugged") ? true : undefined));
  const root = { namespace: "istio-system", name: "istio-ca-root-cert" };
  await eventually(async () => {
    const map = await store.get<KubeObject & { data?: Record<string, string> }>(CONFIG_MAPS, root);
    return map.data?.["root-cert.pem"] === plugged.roots ? true : undefined;
  });
  await store.patch(SECRETS, at, { type: "merge", body: { stringData: { "ca-key.pem": "broken" } } });
  await eventually(async () => (errors.length > 0 ? true : undefined));
  await store.delete(SECRETS, { namespace: "istio-system", name: "istio-ca-secret" });
  await sleep(20);
  assert.match(issuer(), /plugged/);
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
