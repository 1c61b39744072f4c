import assert from "node:assert/strict";
import { test } from "node:test";
import { plainReader } from "../../engine/plain-reader.ts";
import { testAuthority, tlsSecret } from "../testing-certificates.ts";
import { backendTlsOf, namedRoots } from "./backend-tls.ts";
import { http, object, parent, reasons, textOf, to, type World, world } from "./testing.ts";

const WORKLOAD = "default/g-istio";

function policy(w: World, name: string, spec: object, second = 0): void {
  const creationTimestamp = `2026-01-01T00:00:0${second}Z`;
  const meta = { namespace: "default", creationTimestamp };
  w.inputs.backendTlsPolicies.set(`default/${name}`, object("BackendTLSPolicy", name, spec, meta));
}

const about = (sectionName?: string) => ({
  targetRefs: [{ group: "", kind: "Service", name: "s", ...(sectionName && { sectionName }) }],
});
const ca = (name = "ca") => ({ caCertificateRefs: [{ group: "", kind: "ConfigMap", name }] });

const effective = ({ api }: World, port = "https") =>
  backendTlsOf(
    api.backendTls,
    plainReader,
    WORKLOAD,
    { origin: { kind: "Service", namespace: "default", name: "s" } },
    port,
  );

const conditions = ({ api }: World, name: string) =>
  (api.statuses.policies.get(`default/${name}`)?.status.ancestors ?? []).map(({ ancestorRef, conditions: all }) => [
    ancestorRef.name,
    ...all.map(textOf),
  ]);

async function trusting(): Promise<World> {
  const w = world();
  w.service("default/s", 443);
  w.gateway("default/g", [http("http")]);
  w.gateway("default/idle", [http("http")]);
  w.route("default/r", { ...parent("g"), rules: [to("s", { port: 443 })] });
  const { certificate } = await testAuthority("ca");
  w.inputs.caConfigMaps.set("default/ca", {
    metadata: { namespace: "default", name: "ca" },
    data: { "ca.crt": certificate },
  });
  return w;
}

test("a policy says by which name and CA a gateway knows the Service, at each Gateway that sends there", async () => {
  const w = await trusting();
  policy(w, "p", { ...about(), validation: { ...ca(), hostname: "s.com" } });
  const tls = effective(w);
  assert.ok(tls !== undefined && tls !== "Never");
  assert.deepEqual([tls.mode, tls.sni, tls.subjectAltNames], ["Simple", "s.com", ["s.com"]]);
  assert.equal(tls.roots?.resource, "configmap://default/ca-cacert");
  assert.deepEqual(namedRoots(w.api.backendTls, plainReader, "configmap://default/ca-cacert"), tls.roots);
  assert.deepEqual(conditions(w, "p"), [["g", "Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"]]);
});

test("names in subjectAltNames are instead of the host, which stays the name asked for", async () => {
  const w = await trusting();
  const subjectAltNames = [
    { type: "URI", uri: "spiffe://a/b" },
    { type: "Hostname", hostname: "*.s.com" },
  ];
  policy(w, "p", { ...about(), validation: { wellKnownCACertificates: "System", hostname: "s.com", subjectAltNames } });
  const tls = effective(w);
  assert.ok(tls !== undefined && tls !== "Never");
  assert.deepEqual([tls.sni, tls.subjectAltNames, tls.roots], ["s.com", ["spiffe://a/b", "*.s.com"], undefined]);
});

test("without a valid CA nothing is sent, and the policy says why", async () => {
  const w = await trusting();
  policy(w, "p", { ...about(), validation: { ...ca("absent"), hostname: "s.com" } });
  assert.equal(effective(w), "Never");
  assert.deepEqual(conditions(w, "p")[0]?.slice(1), [
    "Accepted=False NoValidCACertificate",
    "ResolvedRefs=False InvalidCACertificateRef",
  ]);
  const caCertificateRefs = [{ group: "x.io", kind: "Other", name: "ca" }];
  policy(w, "p", { ...about(), validation: { caCertificateRefs, hostname: "s.com" } });
  assert.equal(conditions(w, "p")[0]?.[2], "ResolvedRefs=False InvalidKind");
});

test("a policy for a port goes before one for the Service, and of two alike the older counts", async () => {
  const w = await trusting();
  policy(w, "old", { ...about(), validation: { ...ca(), hostname: "old.com" } }, 1);
  policy(w, "new", { ...about(), validation: { ...ca(), hostname: "new.com" } }, 2);
  policy(w, "port", { ...about("https"), validation: { ...ca(), hostname: "port.com" } }, 3);
  const sni = (port: string) => {
    const tls = effective(w, port);
    return tls === "Never" ? tls : tls?.sni;
  };
  assert.deepEqual([sni("https"), sni("other")], ["port.com", "old.com"]);
  assert.deepEqual(
    ["old", "new", "port"].map((name) => conditions(w, name)[0]?.[1]),
    ["Accepted=True Accepted", "Accepted=False Conflicted", "Accepted=True Accepted"],
  );
});

test("a Gateway's client certificate is shown to backends, and missing said in its conditions", async () => {
  const w = await trusting();
  policy(w, "p", { ...about(), validation: { ...ca(), hostname: "s.com" } });
  const tls = { backend: { clientCertificateRef: { name: "client" } } };
  w.gateway("default/g", [http("http")], { tls });
  assert.equal(reasons(w, "Gateway", "default/g")[2], "ResolvedRefs=False InvalidClientCertificateRef");
  w.inputs.secrets.set(
    "default/client",
    tlsSecret("default/client", await (await testAuthority("ca")).issue("client")),
  );
  assert.equal(reasons(w, "Gateway", "default/g")[2], "ResolvedRefs=True ResolvedRefs");
  const found = effective(w);
  assert.ok(found !== undefined && found !== "Never");
  assert.deepEqual([found.mode, found.certificate?.resource], ["Mutual", "kubernetes-gateway://default/client"]);
});
