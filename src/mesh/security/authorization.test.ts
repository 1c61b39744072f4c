import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuthorizationPolicy } from "../../kinds/istio/authorization-policy.ts";
import { service, testMesh } from "../testing.ts";
import { authorizationOf } from "./authorization.ts";
import { wireProviderStatuses } from "./authorization-status.ts";

type Spec = NonNullable<AuthorizationPolicy["spec"]>;

function world() {
  const { graph, inputs, mesh, read } = testMesh();
  const policies = mesh.security.authorization;
  const put = (name: string, spec: Spec, annotations: Record<string, string> = {}): void =>
    inputs.authorizationPolicies.set(`default/${name}`, {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name, namespace: "default", generation: 2, annotations },
      spec,
    });
  const configure = (config: object): void =>
    inputs.configMaps.set("istio-system/istio", {
      metadata: { name: "istio", namespace: "istio-system" },
      data: { mesh: JSON.stringify(config) },
    });
  const of = (app: string) => authorizationOf(policies, read, { namespace: "default", labelSets: [{ app }] });
  return { graph, inputs, mesh, policies, put, configure, of };
}

const provider = (name: string, port = 9000) => ({
  name,
  envoyExtAuthzGrpc: { service: "authz.default.svc.cluster.local", port },
});

it("a change of a policy recomputes only the workloads that it selects", () => {
  const { graph, inputs, put, policies } = world();
  const workloads = graph.derive("authorizations", inputs.pods, (_key, { metadata }, read) =>
    authorizationOf(policies, read, { namespace: "default", labelSets: [metadata.labels ?? {}] }),
  );
  graph.batch(() => {
    for (let i = 0; i < 100; i++) {
      inputs.pods.set(`default/p${i}`, { metadata: { name: `p${i}`, namespace: "default", labels: { app: `a${i}` } } });
      put(`policy-${i}`, { selector: { matchLabels: { app: `a${i}` } }, rules: [{}] });
    }
  });
  const recomputed: (number | undefined)[] = [];
  graph.onPass(({ collections }) => {
    recomputed.push(collections.find(({ name }) => name === workloads.name)?.recomputed);
  });
  const rules = Array.from({ length: 512 }, (_, i) => ({ to: [{ operation: { paths: [`/${i}`] } }] }));
  put("policy-7", { selector: { matchLabels: { app: "a7" } }, rules });
  assert.deepEqual(recomputed, [1]);
  assert.equal(workloads.get("default/p7")?.allow[0]?.rules.length, 512);
  assert.deepEqual(
    graph.explain(workloads, "default/p7")?.causes.map(({ via }) => via),
    ["bucket"],
  );
  put("policy-7", { selector: { matchLabels: { app: "a7" } }, rules }, { unrelated: "x" });
  assert.deepEqual(
    recomputed.slice(1).filter((count) => (count ?? 0) > 0),
    [],
  );
});

describe("CUSTOM policies", () => {
  it("are asked by provider, in the order of its name, with the service behind it", () => {
    const { inputs, put, configure, of } = world();
    inputs.services.set("default/authz", service("authz", "default", { ports: [{ name: "grpc", port: 9000 }] }));
    configure({ extensionProviders: [provider("b"), provider("a")] });
    put("one", { action: "CUSTOM", provider: { name: "b" }, rules: [{}] });
    put("two", { action: "CUSTOM", provider: { name: "a" }, rules: [{}] });
    put("three", { action: "CUSTOM", provider: { name: "b" }, rules: [{}] });
    assert.deepEqual(
      of("x")?.custom.map(({ name, host, policies, provider: found }) => [name, host, policies.length, found?.port]),
      [
        ["a", "authz.default.svc.cluster.local", 1, 9000],
        ["b", "authz.default.svc.cluster.local", 2, 9000],
      ],
    );
  });

  it("say so when nobody can be asked, until somebody can", () => {
    const { graph, inputs, policies, put, configure } = world();
    const statuses = wireProviderStatuses(graph, inputs, policies);
    const reason = () => JSON.stringify(statuses.get("default/p")?.status).match(/"reason":"(\w+)"/)?.[1];
    put("p", { action: "CUSTOM", provider: { name: "a" }, rules: [{}] });
    assert.equal(reason(), "ProviderNotFound");
    configure({ extensionProviders: [{ name: "a", envoyExtAuthzGrpc: { service: "x", port: 70000 } }] });
    assert.equal(reason(), "ProviderNotFound");
    configure({ extensionProviders: [provider("a")] });
    assert.equal(reason(), "ServiceNotFound");
    inputs.services.set("default/authz", service("authz", "default", { ports: [{ name: "grpc", port: 9001 }] }));
    assert.equal(reason(), "ServiceNotFound");
    configure({ extensionProviders: [provider("a", 9001)] });
    assert.equal(statuses.get("default/p"), undefined);
  });
});

it("what cannot be read allows nothing, and is met where it would deny", () => {
  const { put, of } = world();
  put("odd", { rules: [{ when: [{ key: "request.mood", values: ["good"] }] }] });
  put("bad", { rules: [{ from: [{ source: { ipBlocks: ["nowhere"] } }] }] });
  assert.deepEqual(
    of("x")?.allow.flatMap(({ rules }) => rules.flatMap(({ from, when }) => [...from.flat(), ...when])),
    [
      { on: "Unknown", what: "source.ip" },
      { on: "Unknown", what: "request.mood" },
    ],
  );
});
