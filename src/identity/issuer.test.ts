import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Graph } from "../engine/graph.ts";
import type { CertificateNeed, WorkloadCertificate } from "../envoy/wire/certificates.ts";
import { Authority } from "./authority.ts";
import { constantAuthority } from "./authority-source.ts";
import { issueCertificates } from "./issuer.ts";
import { createAuthority } from "./self-signed.ts";
import { certificatesIn } from "./x509.ts";

const REVIEWS: CertificateNeed = {
  namespace: "default",
  serviceAccount: "bookinfo-reviews",
  trustDomain: "td.example",
  workload: "reviews-v1",
  app: "reviews",
  version: "v1",
  ttlMs: undefined,
  has: undefined,
};

async function newAuthority(): Promise<Authority> {
  return Authority.load(await createAuthority("td.example"), "test");
}

/** An issuer over needs that the test sets, as another control plane of the same CA would be with the same `authority`. */
async function world(given?: Authority, ttlMs?: number) {
  const graph = new Graph();
  const needs = graph.input<CertificateNeed>("needs");
  const issued = graph.input<WorkloadCertificate>("issued");
  const stop = new AbortController();
  let current = given ?? (await newAuthority());
  let changed = (): void => {};
  const authority = {
    ...constantAuthority(current),
    current: () => current,
    onChange: (listener: () => void) => {
      changed = listener;
      return () => {};
    },
  };
  const versions: string[] = [];
  graph.onChange(issued, (changes) => {
    for (const { after } of changes.values()) if (after) versions.push(after.version);
  });
  issueCertificates({
    graph,
    needs,
    issued,
    authority,
    ...(ttlMs !== undefined && { ttlMs }),
    signal: stop.signal,
    onError: assert.fail,
  });
  return {
    needs,
    issued,
    /** All that were issued. */
    versions,
    authority: () => current,
    replace: (by: Authority) => {
      current = by;
      changed();
    },
    stop: () => stop.abort(),
  };
}

async function until<T>(read: () => T | undefined): Promise<T> {
  for (let turn = 0; turn < 2_000; turn++) {
    const value = read();
    if (value !== undefined) return value;
    await sleep(10);
  }
  assert.fail("it did not come to be");
}

test("a proxy gets a certificate in the name of its account, for a day, with what it is called as subject", async () => {
  const w = await world();
  w.needs.set("a", REVIEWS);
  const { certificate, privateKey } = await until(() => w.issued.get("a"));
  const leaf = new X509Certificate(certificate);
  assert.equal(leaf.subjectAltName, "URI:spiffe://td.example/ns/default/sa/bookinfo-reviews");
  assert.deepEqual(leaf.subject.split("\n"), ["CN=reviews-v1", "O=reviews", "OU=v1"]);
  assert.match(privateKey, /^-----BEGIN PRIVATE KEY-----/);
  const hours = (leaf.validToDate.getTime() - Date.now()) / 3_600_000;
  assert.ok(hours > 23.9 && hours <= 24, `${hours} hours`);
  w.stop();
});

test("the key is forgotten as soon as the proxy is gone", async () => {
  const w = await world();
  w.needs.set("a", REVIEWS);
  await until(() => w.issued.get("a"));
  w.needs.delete("a");
  await until(() => (w.issued.size === 0 ? true : undefined));
  w.stop();
});

test("a proxy that comes back with a good certificate, also to another control plane, is given none", async () => {
  const first = await world();
  first.needs.set("a", REVIEWS);
  const { version } = await until(() => first.issued.get("a"));
  first.stop();
  const second = await world(first.authority());
  second.needs.set("a", { ...REVIEWS, has: version });
  second.needs.set("another", REVIEWS);
  await until(() => second.issued.get("another"));
  assert.equal(second.issued.get("a"), undefined);
  // it says that it lost it
  second.needs.set("a", REVIEWS);
  await until(() => second.issued.get("a"));
  second.stop();
});

test("a certificate of another identity, another name or another CA, or an old one, is not good", async () => {
  const w = await world();
  w.needs.set("own", REVIEWS);
  const { version } = await until(() => w.issued.get("own"));
  const [digest = "", renewal = ""] = version.split(".");
  const old = `${digest}.${(Date.now() - 1).toString(36)}`;
  const bad: Record<string, CertificateNeed> = {
    account: { ...REVIEWS, serviceAccount: "default", has: version },
    namespace: { ...REVIEWS, namespace: "other", has: version },
    domain: { ...REVIEWS, trustDomain: "cluster.local", has: version },
    app: { ...REVIEWS, app: "ratings", has: version },
    old: { ...REVIEWS, has: old },
    nonsense: { ...REVIEWS, has: "nonsense" },
    issuer: { ...REVIEWS, has: `${"A".repeat(16)}.${renewal}` },
  };
  for (const [id, need] of Object.entries(bad)) w.needs.set(id, need);
  for (const id of Object.keys(bad)) await until(() => w.issued.get(id));
  w.stop();
});

test("certificates are renewed before half of their life is over, one after the other, without an end", async () => {
  const w = await world(undefined, 2_000);
  w.needs.set("a", REVIEWS);
  await until(() => (w.versions.length >= 3 ? true : undefined));
  assert.equal(new Set(w.versions).size, w.versions.length);
  w.stop();
});

test("a proxy may want certificates that live less long, but not longer than a day", async () => {
  const w = await world();
  const hours = async (ttlMs: number): Promise<number> => {
    w.needs.set(`${ttlMs}`, { ...REVIEWS, ttlMs });
    const { certificate } = await until(() => w.issued.get(`${ttlMs}`));
    return Math.round((new X509Certificate(certificate).validToDate.getTime() - Date.now()) / 360_000) / 10;
  };
  assert.deepEqual([await hours(3_600_000), await hours(-1), await hours(1e12)], [1, 0, 24]);
  w.stop();
});

test("another CA gives everybody another certificate; one that is the same gives nobody one", async () => {
  const w = await world();
  for (const id of ["a", "b"]) w.needs.set(id, { ...REVIEWS, workload: id });
  await until(() => (w.issued.size === 2 ? true : undefined));
  w.replace(w.authority());
  const next = await newAuthority();
  w.replace(next);
  await until(() => (w.versions.length === 4 ? true : undefined));
  for (const id of ["a", "b"]) {
    const [leaf, issuer] = certificatesIn(w.issued.get(id)?.certificate ?? "").map((pem) => new X509Certificate(pem));
    assert.ok(leaf && issuer && leaf.verify(issuer.publicKey), id);
    assert.ok(issuer.verify(new X509Certificate(next.roots).publicKey), id);
  }
  w.stop();
});

test("what would have to be quoted in a subject is left out of it", async () => {
  const w = await world();
  w.needs.set("a", { ...REVIEWS, workload: "x,O=other", version: "" });
  assert.equal(new X509Certificate((await until(() => w.issued.get("a"))).certificate).subject, "O=reviews");
  w.stop();
});
