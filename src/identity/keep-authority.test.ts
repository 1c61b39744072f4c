import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { configMapKind } from "../kinds/core/config-map.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { secretKind } from "../kinds/core/secret.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import type { Store } from "../store/store.ts";
import type { AuthorityMaterial } from "./authority.ts";
import { readSecret, SECRETS, type SecretObject, secretOf } from "./authority-secret.ts";
import { followAuthority } from "./authority-source.ts";
import { keepAuthority } from "./keep-authority.ts";
import { createAuthority } from "./self-signed.ts";
import { certificatesIn } from "./x509.ts";

const NAMESPACE = "istio-system";
const PERIODS = { spreadMs: 1_000, outliveMs: 3_000, mountMs: 100 };

async function newStore(): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [namespaceKind, configMapKind, secretKind] });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  return store;
}

/** A control plane, as far as its CA goes; with `leads`, the one that writes. */
async function replica(store: Store, leads: boolean, oldestProxy = (): number => 0) {
  const stop = new AbortController();
  const errors: unknown[] = [];
  const common = { store, namespace: NAMESPACE, signal: stop.signal, onError: (error: unknown) => errors.push(error) };
  const authority = await followAuthority({ ...common, trustDomain: "td" });
  /** What it was, one after the other: who issues, and how many roots are trusted. */
  const history: string[] = [];
  const note = (): void => {
    const [root = ""] = certificatesIn(authority.current().roots);
    const now = `${new X509Certificate(root).subject.split("\n")[0]}, ${certificatesIn(authority.roots()).length}`;
    if (history.at(-1) !== now) history.push(now);
  };
  note();
  authority.onChange(note);
  const kept = leads
    ? keepAuthority({ ...common, trustDomain: () => "td", authority, oldestProxy, periods: PERIODS })
    : Promise.resolve();
  return {
    authority,
    errors,
    history,
    roots: () => certificatesIn(authority.roots()),
    stop: async () => {
      stop.abort();
      await kept;
    },
  };
}

async function plug(store: Store, { certificate, privateKey, chain, roots }: AuthorityMaterial): Promise<void> {
  const parts = {
    "ca-cert.pem": certificate,
    "ca-key.pem": privateKey,
    "cert-chain.pem": chain,
    "root-cert.pem": roots,
  };
  const data = Object.fromEntries(
    Object.entries(parts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "cacerts", namespace: NAMESPACE }, data };
  const patch = { type: "apply", body } as const;
  await store.patch(SECRETS, { namespace: NAMESPACE, name: "cacerts" }, patch, { fieldManager: "t", force: true });
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await holds()) return;
    await sleep(10);
  }
  assert.fail("it did not come to be");
}

/** Resolves when it is written down which CA issues, so that another cannot be taken for the first. */
function begun(store: Store): Promise<void> {
  return until(async () => (await readSecret(store, NAMESPACE, "lateen-ca")) !== undefined);
}

const isOf = (issued: { certificate: string }, material: AuthorityMaterial): boolean =>
  new X509Certificate(issued.certificate).checkIssued(new X509Certificate(material.certificate));

test("a CA that is plugged in takes over on all replicas: first trusted, then issuing, then alone", async () => {
  const store = await newStore();
  const leader = await replica(store, true);
  const follower = await replica(store, false);
  const plugged = await createAuthority("plugged");
  await begun(store);
  await plug(store, plugged);
  for (const each of [leader, follower]) {
    await until(() => each.history.length === 4);
    assert.deepEqual(each.history, ["O=td, 1", "O=td, 2", "O=plugged, 2", "O=plugged, 1"]);
    assert.ok(isOf(await each.authority.current().issueServer(["a"], 1_000), plugged));
    assert.deepEqual(each.roots(), [plugged.roots.trim()]);
  }
  // Envoys that know no other run on: the control plane still shows itself to them as before
  assert.equal(isOf(await follower.authority.anchor().issueServer(["a"], 1_000), plugged), false);
  assert.deepEqual(certificatesIn(follower.authority.anchorRoots()).length, 2);
  await Promise.all([leader.stop(), follower.stop()]);
  store.close();
});

test("a rotation goes on where it was when the control plane died, and again when another leads", async () => {
  const store = await newStore();
  const dying = await replica(store, true);
  const plugged = await createAuthority("plugged");
  await begun(store);
  await plug(store, plugged);
  await until(() => dying.roots().length === 2);
  await dying.stop();
  const next = await replica(store, true, () => Number.POSITIVE_INFINITY);
  assert.equal(next.roots().length, 2);
  await until(() => next.roots().length === 1);
  assert.ok(isOf(await next.authority.current().issueServer(["a"], 1_000), plugged));
  await until(() => certificatesIn(next.authority.anchorRoots()).length === 1);
  assert.ok(isOf(await next.authority.anchor().issueServer(["a"], 1_000), plugged));
  await next.stop();
  store.close();
});

test("a CA that cannot work, or that is deleted, changes nothing, also for who starts meanwhile", async () => {
  const store = await newStore();
  const leader = await replica(store, true);
  const before = leader.authority.current().fingerprint;
  await begun(store);
  await plug(store, { ...(await createAuthority("plugged")), privateKey: "broken" });
  await until(() => leader.errors.length > 0);
  const late = await replica(store, false);
  await store.delete(SECRETS, { namespace: NAMESPACE, name: "cacerts" });
  await store.delete(SECRETS, { namespace: NAMESPACE, name: "istio-ca-secret" });
  await sleep(PERIODS.spreadMs + 100);
  const third = await replica(store, false);
  for (const { authority, roots } of [leader, late, third]) {
    assert.equal(authority.current().fingerprint, before);
    assert.equal(roots().length, 1);
  }
  await Promise.all([leader.stop(), late.stop(), third.stop()]);
  store.close();
});

test("an annotation on the Secret makes another root, once", async () => {
  const store = await newStore();
  const leader = await replica(store, true);
  const [first] = leader.roots();
  await begun(store);
  const body = { metadata: { annotations: { "lateen.dev/rotate": "root" } } };
  await store.patch(SECRETS, { namespace: NAMESPACE, name: "istio-ca-secret" }, { type: "merge", body });
  await until(() => leader.roots().length === 2);
  await until(() => leader.roots().length === 1);
  assert.notEqual(leader.roots()[0], first);
  const secret = await readSecret(store, NAMESPACE, "istio-ca-secret");
  assert.deepEqual(secret?.metadata.annotations ?? {}, {});
  await leader.stop();
  store.close();
});

test("a CA that nears its end is renewed: the intermediate below its root, or all of it", async () => {
  const day = 24 * 60 * 60 * 1000;
  const aged = async (
    days: number,
    change: object = {},
  ): Promise<SecretObject & { again: SecretObject | undefined }> => {
    const store = await newStore();
    const before = secretOf(NAMESPACE, { ...(await createAuthority("td", Date.now() - days * day)), ...change });
    await store.create(SECRETS, before);
    const leader = await replica(store, true);
    await leader.stop();
    const again = await readSecret(store, NAMESPACE, "istio-ca-secret");
    store.close();
    return { ...before, again };
  };
  const changed = async (days: number, change?: object) => {
    const { data, again } = await aged(days, change);
    return ["root-cert.pem", "ca-cert.pem"].filter((part) => data?.[part] !== again?.data?.[part]);
  };
  assert.deepEqual(await changed(200), []);
  assert.deepEqual(await changed(300), ["ca-cert.pem"]);
  assert.deepEqual(await changed(300, { rootKey: "" }), ["root-cert.pem", "ca-cert.pem"], "without the root's key");
});

test("no private key is in what a CA says of itself", async () => {
  const store = await newStore();
  const { authority, stop } = await replica(store, false);
  assert.ok(!JSON.stringify([authority, authority.current(), authority.current().fingerprint]).includes("PRIVATE"));
  await stop();
  store.close();
});
