import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Graph } from "../engine/graph.ts";
import { MeshRows } from "../envoy/wire/mesh-rows.ts";
import type { AuthorizationPolicy } from "../kinds/istio/authorization-policy.ts";
import type { PeerAuthentication } from "../kinds/istio/peer-authentication.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { pod, service } from "../mesh/testing.ts";
import { authorizationAnswer } from "./authorization-answers.ts";
import { wireModel } from "./model.ts";

type Policy = NonNullable<AuthorizationPolicy["spec"]> & { name: string; annotations?: Record<string, string> };

function world(policies: readonly Policy[], peers?: PeerAuthentication["spec"]) {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const { mesh, gatewayApi } = wireModel(graph, inputs);
  const rows = new MeshRows(graph, inputs, mesh, gatewayApi);
  inputs.services.set("default/reviews", service("reviews"));
  inputs.pods.set("default/reviews-1", pod("reviews-1", "10.244.0.2", { app: "reviews" }));
  for (const { name, annotations = {}, ...spec } of policies) {
    const metadata = { name, namespace: "default", annotations };
    const type = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy" };
    inputs.authorizationPolicies.set(`default/${name}`, { ...type, metadata, spec });
  }
  if (peers) {
    const metadata = { name: "p", namespace: "default" };
    const type = { apiVersion: "security.istio.io/v1", kind: "PeerAuthentication" };
    inputs.peerAuthentications.set("default/p", { ...type, metadata, spec: peers });
  }
  return (query: Record<string, string>) =>
    authorizationAnswer(rows, new URLSearchParams({ pod: "default/reviews-1", ...query }));
}

const sleep = { from: [{ source: { principals: ["*/sa/sleep"] } }] };
const toAdmin = { to: [{ operation: { paths: ["/admin*"] } }] };

describe("what is in force at a pod", () => {
  test("lists the policies, with their actions", () => {
    const ask = world([
      { name: "allow", rules: [sleep, toAdmin] },
      { name: "deny", action: "DENY", rules: [toAdmin], annotations: { "istio.io/dry-run": "true" } },
      { name: "elsewhere", selector: { matchLabels: { app: "ratings" } } },
    ]);
    assert.deepEqual(ask({}), {
      pod: "default/reviews-1",
      policies: [
        { action: "DENY", namespace: "default", name: "deny", rules: 1, dryRun: true },
        { action: "ALLOW", namespace: "default", name: "allow", rules: 2, dryRun: false },
      ],
    });
  });

  test("is nothing where there is no pod", () => assert.equal(world([])({ pod: "default/gone" }), undefined));
});

describe("a call", () => {
  const allow = { name: "allow", rules: [sleep] };
  const deny = { name: "deny", action: "DENY" as const, rules: [toAdmin] };

  test("is allowed by the rule that matches it", () => {
    const { verdict } = world([allow])({ method: "GET", from: "default/sleep" }) ?? {};
    assert.deepEqual(verdict, {
      allowed: true,
      reason: "rule 0 of allow.default (ALLOW)",
      by: { action: "ALLOW", namespace: "default", policy: "allow", rule: 0 },
      notes: [],
    });
  });

  test("is denied where none of those that allow matches, and they are named", () => {
    const { verdict } = world([allow])({ method: "GET", from: "default/other" }) ?? {};
    assert.equal(verdict?.allowed, false);
    assert.match(verdict?.reason ?? "", /no rule of those that allow matches \(allow\.default\)/);
  });

  test("is denied by the rule that denies it, its path as the proxy would see it", () => {
    const { verdict } = world([allow, deny])({ method: "GET", path: "/x/%2e%2e/admin", from: "default/sleep" }) ?? {};
    assert.equal(verdict?.allowed, false);
    assert.equal(verdict?.by?.policy, "deny");
  });

  test("on plain text never comes to the policies of a workload that takes none", () => {
    const ask = world([], { mtls: { mode: "STRICT" } });
    assert.match(ask({ method: "GET" })?.verdict?.reason ?? "", /PeerAuthentication is STRICT/);
    assert.equal(ask({ method: "GET", from: "default/sleep" })?.verdict?.allowed, true);
  });

  test("says what policies would do that are only tried, and who is asked besides", () => {
    const tried = { ...deny, annotations: { "istio.io/dry-run": "true" } };
    const { verdict } = world([allow, tried])({ method: "GET", path: "/admin", from: "default/sleep" }) ?? {};
    assert.equal(verdict?.allowed, true);
    assert.deepEqual(verdict?.notes, ["only tried: would be denied: rule 0 of deny.default (DENY)"]);
  });

  test("is judged by headers, claims and the port", () => {
    const when = [
      { key: "request.headers[x-team]", values: ["a"] },
      { key: "request.auth.claims[groups]", values: ["admins"] },
      { key: "destination.port", values: ["9080"] },
    ];
    const ask = world([{ name: "allow", rules: [{ when }] }]);
    const call = { method: "GET", header: "X-Team: a", claim: 'groups=["admins"]' };
    assert.equal(ask(call)?.verdict?.allowed, true);
    assert.equal(ask({ ...call, port: "81" })?.verdict?.allowed, false);
    assert.equal(ask({ ...call, claim: "groups=users" })?.verdict?.allowed, false);
  });
});
