import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { it } from "node:test";
import { Graph } from "../../engine/graph.ts";
import { plainReader } from "../../engine/plain-reader.ts";
import type {
  RequestAuthentication,
  RequestAuthenticationSpec,
} from "../../kinds/istio/request-authentication-schema.ts";
import { meshInputs } from "../inputs.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import { created } from "../testing.ts";
import { wireKeySetStatuses } from "./key-set-status.ts";
import { authenticationOf, wireRequestAuthentications } from "./request-authentication.ts";

const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
const JWKS = JSON.stringify({ keys: [publicKey] });

function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const settings = graph.input<typeof DEFAULT_SETTINGS>("settings");
  settings.set("", DEFAULT_SETTINGS);
  const policies = wireRequestAuthentications(graph, inputs, settings);
  const put = (key: string, spec: RequestAuthenticationSpec, age = 0): void => {
    const [namespace = "", name = ""] = key.split("/");
    const metadata = { namespace, name, generation: 1, creationTimestamp: created(age) };
    const object: RequestAuthentication = {
      apiVersion: "security.istio.io/v1",
      kind: "RequestAuthentication",
      metadata,
      spec,
    };
    inputs.requestAuthentications.set(key, object);
  };
  const of = (namespace: string, labels: Record<string, string> = {}) =>
    authenticationOf(policies, plainReader, { namespace, labelSets: [labels] });
  return { graph, inputs, policies, put, of };
}

it("all policies that select a workload are one list of issuers, in the order of their names", () => {
  const { put, of } = world();
  put("istio-system/mesh", { jwtRules: [{ issuer: "b", jwks: JWKS }] });
  put("default/all", { jwtRules: [{ issuer: "c", jwks: JWKS }] });
  put("default/some", {
    selector: { matchLabels: { app: "a" } },
    jwtRules: [
      { issuer: "a", jwks: JWKS, audiences: ["second"] },
      { issuer: "a", jwks: JWKS, audiences: ["third"] },
    ],
  });
  assert.deepEqual(
    of("default", { app: "a" })?.issuers.map(({ issuer, audiences }) => [issuer, ...audiences]),
    [["a", "second"], ["a", "third"], ["b"], ["c"]],
  );
  assert.deepEqual(
    of("team")?.issuers.map(({ issuer }) => issuer),
    ["b"],
  );
});

it("without a policy, or with one that has no rules, tokens are not looked at", () => {
  const { put, of } = world();
  assert.equal(of("default"), undefined);
  put("default/empty", {});
  assert.equal(of("default"), undefined);
});

it("keys that proxies must not have, or that there are none of, are no keys", () => {
  const { put, of } = world();
  const secret = JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0" }] });
  put("default/a", {
    jwtRules: [
      { issuer: "a", jwks: secret },
      { issuer: "b", jwks: '{"keys":[]}' },
      { issuer: "c", jwksUri: "https://keys.example.com" },
    ],
  });
  assert.deepEqual(
    of("default")?.issuers.map(({ jwks }) => jwks),
    ["", "", ""],
  );
});

it("one URI is wanted once, whoever names it; an issuer's own keys are wanted by its name", () => {
  const { put, policies } = world();
  put("default/a", { jwtRules: [{ issuer: "a", jwksUri: "https://keys.example.com", timeout: "2s" }] });
  put("team/b", {
    jwtRules: [{ issuer: "a", jwks_uri: "https://keys.example.com" }, { issuer: "https://issuer.example.com" }],
  });
  assert.deepEqual(
    [...policies.wanted.entries()].map(([key]) => key),
    ["Uri https://keys.example.com", "Issuer https://issuer.example.com"],
  );
  assert.equal(policies.wanted.get("Uri https://keys.example.com")?.timeoutMs, 2_000);
});

it("a key set that comes recomputes only workloads whose policies name it", () => {
  const { graph, inputs, policies, put } = world();
  const pods = graph.input<string>("pods");
  const listeners = graph.derive(
    "listeners",
    pods,
    (_key, namespace, read) => authenticationOf(policies, read, { namespace, labelSets: [{}] })?.issuers[0]?.jwks,
  );
  put("one/a", { jwtRules: [{ issuer: "a", jwksUri: "https://one.example.com" }] });
  put("two/a", { jwtRules: [{ issuer: "a", jwksUri: "https://two.example.com" }] });
  graph.batch(() => {
    for (const namespace of ["one", "two", "three"]) pods.set(namespace, namespace);
  });
  const recomputed: number[] = [];
  graph.onPass(({ collections }) => {
    recomputed.push(collections.find(({ name }) => name === "listeners")?.recomputed ?? 0);
  });
  inputs.keySets.set("Uri https://one.example.com", JWKS);
  inputs.keySetProblems.set("Uri https://two.example.com", "down");
  inputs.keySets.set("Uri https://other.example.com", JWKS);
  assert.deepEqual(recomputed, [1, 0, 0]);
  assert.deepEqual([listeners.get("one"), listeners.get("two")], [JWKS, ""]);
});

it("a policy of thousands of rules has a short status", () => {
  const { graph, inputs, policies, put } = world();
  const statuses = wireKeySetStatuses(graph, inputs, policies);
  const urls = Array.from({ length: 4_096 }, (_, i) => `https://${i}.example.com`);
  put("default/a", { jwtRules: urls.map((jwksUri) => ({ issuer: "a", jwksUri })) });
  graph.batch(() => {
    for (const url of urls) inputs.keySetProblems.set(`Uri ${url}`, "It is away.");
  });
  const text = JSON.stringify(statuses.get("default/a"));
  assert.match(text, /and 4086 more/);
  assert.ok(text.length < 2_000, String(text.length));
});

it("what cannot be fetched is a condition of the policies that name it, for as long as that is so", () => {
  const { graph, inputs, policies, put } = world();
  const statuses = wireKeySetStatuses(graph, inputs, policies);
  const message = (key: string): string => JSON.stringify(statuses.get(key)?.status ?? "");
  const uri = "Uri https://keys.example.com";
  put("default/a", {
    jwtRules: [
      { issuer: "x", jwks: JWKS },
      { issuer: "a", jwksUri: "https://keys.example.com" },
    ],
  });
  put("default/b", { jwtRules: [{ issuer: "b", jwks: JWKS }] });
  inputs.keySetProblems.set(uri, "It is away.");
  assert.match(message("default/a"), /KeysNotFetched.*jwtRules\[1\]: It is away\. Until then its tokens are refused/);
  assert.equal(statuses.get("default/b"), undefined);
  inputs.keySets.set(uri, JWKS);
  assert.match(message("default/a"), /fetched before stay in force/);
  inputs.keySetProblems.delete(uri);
  assert.equal(statuses.get("default/a"), undefined);
});
