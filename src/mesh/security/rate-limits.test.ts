import assert from "node:assert/strict";
import { it } from "node:test";
import type { RateLimitSpec } from "../../kinds/lateen/rate-limit-schema.ts";
import { created, pod, service, testMesh } from "../testing.ts";
import { wireRateLimitStatuses } from "./rate-limit-status.ts";
import { rateLimitRules } from "./rate-limits.ts";

const limit = { requests: 1, per: "1s" };
const rules: RateLimitSpec["rules"] = [{ name: "all", limit }];

function world() {
  const { graph, inputs, mesh, read } = testMesh();
  const statuses = wireRateLimitStatuses(graph, inputs, mesh);
  const put = (namespace: string, name: string, spec: Partial<RateLimitSpec>) =>
    inputs.rateLimits.set(`${namespace}/${name}`, {
      apiVersion: "policy.lateen.dev/v1",
      kind: "RateLimit",
      metadata: { namespace, name, creationTimestamp: created(0) },
      spec: { rules, ...spec },
    });
  const addPod = (name: string, labels: Record<string, string>, namespace = "default") =>
    inputs.pods.set(`${namespace}/${name}`, pod(name, "10.0.0.1", labels, namespace));
  const rulesFor = (namespace: string, labels: Record<string, string>) =>
    rateLimitRules(mesh.security.rateLimits, read, { namespace, labelSets: [labels] }).map(
      ({ origin, name }) => `${origin.name}/${name}`,
    );
  const status = (key: string) => {
    const row = Object(statuses.get(key)?.status);
    return [row.appliesTo, row.conditions[1].status, row.conditions[1].reason];
  };
  return { graph, inputs, put, addPod, rulesFor, status, statuses, security: mesh.security.rateLimits };
}

it("a RateLimit is for what it selects, for a Service's pods, for a Gateway's, or for its whole namespace", () => {
  const { inputs, put, rulesFor } = world();
  put("default", "selected", { selector: { matchLabels: { app: "reviews" } } });
  put("default", "service", { targetRefs: [{ kind: "Service", name: "ratings" }] });
  put("default", "gateway", {
    targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "web" }],
  });
  put("team", "all", {});
  put("istio-system", "ingress", { selector: { matchLabels: { istio: "ingressgateway" } } });
  assert.deepEqual(rulesFor("default", { app: "ratings" }), [], "a Service that is not there leads nowhere");
  inputs.services.set("default/ratings", service("ratings"));
  assert.deepEqual(rulesFor("default", { app: "reviews" }), ["selected/all"]);
  assert.deepEqual(rulesFor("default", { app: "ratings" }), ["service/all"]);
  assert.deepEqual(rulesFor("default", { "gateway.networking.k8s.io/gateway-name": "web" }), ["gateway/all"]);
  assert.deepEqual(rulesFor("team", { app: "any" }), ["all/all"]);
  assert.deepEqual(rulesFor("istio-system", { istio: "ingressgateway" }), ["ingress/all"]);
});

it("a Service without selector selects nobody, not everybody", () => {
  const { inputs, put, rulesFor } = world();
  inputs.services.set("default/outside", service("outside", "default", { selector: {} }));
  put("default", "one", { targetRefs: [{ kind: "Service", name: "outside" }] });
  assert.deepEqual(rulesFor("default", { app: "any" }), []);
});

it("a rule that a pod is selected for in two ways counts once", () => {
  const { inputs, put, rulesFor } = world();
  inputs.services.set("default/a", service("a", "default", { selector: { app: "a" } }));
  inputs.services.set("default/b", service("b", "default", { selector: { tier: "web" } }));
  put("default", "both", {
    targetRefs: [
      { kind: "Service", name: "a" },
      { kind: "Service", name: "b" },
    ],
  });
  assert.deepEqual(rulesFor("default", { app: "a", tier: "web" }), ["both/all"]);
});

it("an edit of a RateLimit recomputes the policies of those whom it selects", () => {
  const { graph, inputs, put, addPod, security } = world();
  const counted = graph.derive("limits of pods", inputs.pods, (_key, { metadata }, read) =>
    rateLimitRules(security, read, { namespace: metadata.namespace ?? "", labelSets: [metadata.labels ?? {}] }),
  );
  for (let i = 0; i < 30; i++) addPod(`p${i}`, { app: `a${i}` });
  const recomputed: number[] = [];
  graph.onPass(({ collections }) => {
    recomputed.push(collections.find(({ name }) => name === counted.name)?.recomputed ?? 0);
  });
  put("default", "one", { selector: { matchLabels: { app: "a3" } } });
  put("team", "elsewhere", {});
  assert.deepEqual(recomputed, [1, 0]);
  assert.equal(counted.get("default/p3")?.length, 1);
});

it("its status says whom it applies to, and what is missing", () => {
  const { inputs, put, addPod, status } = world();
  put("default", "one", { selector: { matchLabels: { app: "reviews" } } });
  assert.deepEqual(status("default/one"), ["nothing", "False", "NoTarget"]);
  for (const name of ["reviews-a", "reviews-b", "reviews-c", "reviews-d"]) addPod(name, { app: "reviews" });
  assert.deepEqual(status("default/one"), ["reviews-a, reviews-b, reviews-c and 1 more", "True", "Enforced"]);
  put("default", "one", { rules: [{ name: "all", limit, scope: "Global" }] });
  assert.deepEqual(status("default/one"), ["all workloads of default", "False", "NoLimiter"]);
  inputs.services.set("istio-system/lateen-ratelimit", service("lateen-ratelimit", "istio-system"));
  assert.deepEqual(status("default/one"), ["all workloads of default", "True", "Enforced"]);
});

it("replicas that come and go change no status", () => {
  const { graph, put, addPod, statuses } = world();
  put("default", "one", {});
  const changed: number[] = [];
  graph.onChange(statuses, (changes) => changed.push(changes.size));
  for (let i = 0; i < 5; i++) addPod(`p${i}`, { app: "a" });
  assert.deepEqual(changed, []);
});
