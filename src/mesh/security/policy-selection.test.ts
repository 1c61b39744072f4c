import assert from "node:assert/strict";
import { it } from "node:test";
import type { Collection } from "../../engine/collection.ts";
import { Graph } from "../../engine/graph.ts";
import { plainReader } from "../../engine/plain-reader.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import { created } from "../testing.ts";
import { type PolicyHead, policyHead, selectedPolicies, wirePolicySelection } from "./policy-selection.ts";

type Policy = Parameters<typeof policyHead>[1];

const KIND = "security.istio.io/AuthorizationPolicy";

function world() {
  const graph = new Graph();
  const settings = graph.input<typeof DEFAULT_SETTINGS>("settings");
  settings.set("", DEFAULT_SETTINGS);
  const objects = graph.input<Policy>("policies");
  const rows: Collection<PolicyHead> = graph.derive("policy rows", objects, (_key, object) => policyHead(KIND, object));
  const selection = wirePolicySelection(graph, rows, settings);
  const put = (namespace: string, name: string, spec: NonNullable<Policy["spec"]>, age = 0) =>
    objects.set(`${namespace}/${name}`, {
      metadata: { namespace, name, creationTimestamp: created(age) },
      spec,
    });
  const names = (namespace: string, ...labelSets: Record<string, string>[]) =>
    selectedPolicies(selection, plainReader, { namespace, labelSets }).map(({ origin }) => origin.name);
  return { graph, selection, put, names };
}

const gateway = (name: string) => ({ group: "gateway.networking.k8s.io", kind: "Gateway", name });

it("policies are for their namespace, those of the root namespace for all; older ones come first", () => {
  const { put, names } = world();
  put("istio-system", "everywhere", {}, 3);
  put("default", "younger", {}, 2);
  put("default", "older", {}, 1);
  put("team", "elsewhere", {});
  assert.deepEqual(names("default", {}), ["everywhere", "older", "younger"]);
  assert.deepEqual(names("istio-system", {}), ["everywhere"]);
});

it("a selector needs all of its labels, in its namespace or, from the root namespace, everywhere", () => {
  const { put, names } = world();
  const selector = { matchLabels: { version: "v1", app: "reviews" } };
  put("default", "own", { selector });
  put("istio-system", "root", { selector });
  put("team", "elsewhere", { selector });
  assert.deepEqual(names("default", { app: "reviews", version: "v1", team: "x" }), ["root", "own"]);
  assert.deepEqual(names("default", { app: "reviews" }), []);
});

it("a policy that names Gateways is for theirs only, and one that names a Service for nobody without a waypoint", () => {
  const { put, names } = world();
  put("default", "two", { targetRefs: [gateway("edge"), gateway("other")] });
  put("default", "one", { targetRef: gateway("edge") });
  put("default", "service", { targetRefs: [{ group: "", kind: "Service", name: "edge" }] });
  put("istio-system", "root", { targetRefs: [gateway("edge")] });
  const edge = { "gateway.networking.k8s.io/gateway-name": "edge" };
  assert.deepEqual(names("default", edge), ["one", "two"]);
  assert.deepEqual(names("team", edge), []);
  assert.deepEqual(names("default", { app: "edge" }), []);
});

it("while a change of a gateway's labels rolls out, what selects the old or the new pods is for all of them", () => {
  const { put, names } = world();
  put("default", "v1", { selector: { matchLabels: { version: "v1" } } }, 1);
  put("default", "v2", { selector: { matchLabels: { version: "v2" } } }, 2);
  assert.deepEqual(names("default", { version: "v1" }, { version: "v2" }), ["v1", "v2"]);
});

it("a policy recomputes only those whom it may select", () => {
  const { graph, selection, put } = world();
  const pods = graph.input<Record<string, string>>("pods");
  const counts = graph.derive(
    "policies of pods",
    pods,
    (_key, labels, read) => selectedPolicies(selection, read, { namespace: "default", labelSets: [labels] }).length,
  );
  graph.batch(() => {
    for (let i = 0; i < 50; i++) pods.set(`p${i}`, { app: `a${i}` });
  });
  const recomputed: number[] = [];
  graph.onPass(({ collections }) => {
    recomputed.push(collections.find(({ name }) => name === counts.name)?.recomputed ?? 0);
  });
  put("default", "one", { selector: { matchLabels: { app: "a7" } } });
  put("team", "foreign", {});
  assert.deepEqual(recomputed, [1, 0]);
  assert.equal(counts.get("p7"), 1);
});
