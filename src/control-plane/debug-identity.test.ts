import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../engine/graph.ts";
import type { CertificateNeed, WorkloadCertificate } from "../envoy/wire/certificates.ts";
import { Authority } from "../identity/authority.ts";
import { constantAuthority } from "../identity/authority-source.ts";
import { createAuthority } from "../identity/self-signed.ts";
import { authorityAccount, certificatesAccount } from "./debug-identity.ts";

test("it is told whose certificate each proxy has and who issues, and no key", async () => {
  const graph = new Graph();
  const needs = graph.input<CertificateNeed>("needs");
  const issued = graph.input<WorkloadCertificate>("issued");
  const authority = constantAuthority(await Authority.load(await createAuthority("td"), "test"));
  const account = { needs, issued, authority };
  const need = {
    namespace: "n",
    serviceAccount: "s",
    trustDomain: "td",
    workload: "w",
    app: "a",
    version: "v",
    ttlMs: undefined,
  };
  needs.set("one", { ...need, has: undefined });
  needs.set("two", { ...need, has: "kept.1" });
  const { certificate, privateKey = "" } = await authority
    .current()
    .issue({ spiffeId: "spiffe://td/ns/n/sa/s", subject: { CN: "w" }, ttlMs: 60_000 });
  issued.set("one", { version: "1", certificate, privateKey });
  const told = JSON.stringify([certificatesAccount(account), authorityAccount(account)]);
  assert.match(told, /"proxy":"one","identity":"spiffe:\/\/td\/ns\/n\/sa\/s","subject":"CN=w","names":"URI:spiffe:/);
  assert.match(told, /"proxy":"two","identity":"spiffe:\/\/td\/ns\/n\/sa\/s","brought":"kept.1"/);
  assert.match(told, /"issues":\{"subject":"O=td,CN=Intermediate CA [0-9a-f]{8}","issuer":"O=td,CN=Root CA /);
  assert.ok(!told.includes(privateKey.split("\n")[1] ?? "") && !told.includes("PRIVATE"));
});
