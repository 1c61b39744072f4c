import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lease, leaseKind } from "../../kinds/core/lease.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { Candidate } from "./candidate.ts";

const at = { namespace: "istio-system", name: "istio-leader" };

async function world() {
  const store = new EmbeddedStore({ path: ":memory:", kinds: [leaseKind, namespaceKind] });
  await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name: at.namespace } });
  const candidate = (identity: string, revision = "default", preferred = () => false): Candidate =>
    new Candidate({ store, ...at, identity, revision, preferred });
  const lease = () => store.get<Lease>(leaseKind.type, at);
  return { store, candidate, lease };
}

test("the first takes the lease and renews it; another takes it only when it was not renewed for its duration", async () => {
  const { candidate, lease, store } = await world();
  const [a, b] = [candidate("a"), candidate("b")];
  assert.equal(await a.attempt(0), true);
  assert.equal(await b.attempt(1_000), false);
  assert.equal(await a.attempt(10_000), true);
  assert.equal(await b.attempt(11_000), false);
  assert.equal(await b.attempt(25_999), false);
  assert.equal(await b.attempt(26_000), true);
  assert.equal(await a.attempt(26_001), false);
  const { spec } = await lease();
  assert.equal(spec?.holderIdentity, "b");
  assert.equal(spec?.leaseTransitions, 1);
  store.close();
});

test("clocks that differ do no harm: only what a candidate has seen itself counts", async () => {
  const { candidate, store } = await world();
  const [behind, ahead] = [candidate("behind"), candidate("ahead")];
  assert.equal(await behind.attempt(0), true);
  const hour = 3_600_000;
  assert.equal(await ahead.attempt(hour), false);
  assert.equal(await behind.attempt(5_000), true);
  assert.equal(await ahead.attempt(hour + 14_000), false);
  assert.equal(await ahead.attempt(hour + 28_000), false);
  assert.equal(await ahead.attempt(hour + 29_000), true);
  store.close();
});

test("a lease that is given back is taken at once", async () => {
  const { candidate, store } = await world();
  const [a, b] = [candidate("a"), candidate("b")];
  await a.attempt(0);
  await b.release(100);
  assert.equal(await b.attempt(200), false);
  await a.release(1_000);
  assert.equal(await b.attempt(1_001), true);
  store.close();
});

test("the default revision takes the lease over from another, and not the other way round", async () => {
  const { candidate, store, lease } = await world();
  let isDefault = false;
  const canary = candidate("canary-1", "canary");
  const stable = candidate("stable-1", "stable", () => isDefault);
  const sibling = candidate("stable-2", "stable", () => isDefault);
  assert.equal(await canary.attempt(0), true);
  assert.equal(await stable.attempt(1), false);
  isDefault = true;
  assert.equal(await stable.attempt(2), true);
  assert.equal(await sibling.attempt(3), false);
  assert.equal(await canary.attempt(4), false);
  assert.equal((await lease()).metadata.labels?.["istio.io/rev"], "stable");
  store.close();
});

test("of two that start at once one wins", async () => {
  const { candidate, store } = await world();
  const outcomes = await Promise.all([candidate("a").attempt(0), candidate("b").attempt(0)]);
  assert.deepEqual(outcomes.sort(), [false, true]);
  store.close();
});
