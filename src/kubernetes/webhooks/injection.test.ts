import assert from "node:assert/strict";
import { test } from "node:test";
import jsonPatch from "fast-json-patch";
import type { KubeObject } from "../../store/object.ts";
import { defaultInjectSettings } from "../inject/settings.ts";
import type { AdmissionRequest } from "./admission-review.ts";
import { injectionWebhook } from "./injection.ts";

type Labels = Readonly<Record<string, string>>;

const pod = (labels: Labels = {}, annotations: Labels = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  // As a ReplicaSet's controller sends it: without a name.
  metadata: { name: "", generateName: "reviews-v1-abc-", labels: { app: "reviews", ...labels }, annotations },
  spec: { containers: [{ name: "reviews", image: "reviews" }] },
});

const request = (object: KubeObject): AdmissionRequest => ({
  uid: "u",
  kind: { group: "", version: "v1", kind: "Pod" },
  operation: "CREATE",
  namespace: "book",
  object,
  oldObject: undefined,
  dryRun: false,
});

function webhook(known: Labels, options: { fresh?: Labels; names?: string[]; revision?: string } = {}) {
  const { fresh = known, names = [], revision = "default" } = options;
  return injectionWebhook({
    settings: () => ({ ...defaultInjectSettings, revision }),
    namespaceLabels: async (_namespace, asks) => (asks ? fresh : known),
    isOurs: (name) => name === revision || names.includes(name),
  });
}

const ENABLED = { "istio-injection": "enabled" };

test("the patch makes the pod what injection makes of it", async () => {
  const object = pod();
  const { patch = [] } = await webhook(ENABLED)(request(object));
  const { newDocument } = jsonPatch.applyPatch(structuredClone(object), [...patch]);
  assert.match(JSON.stringify(newDocument), /"name":"istio-proxy"/);
  assert.match(JSON.stringify(newDocument), /"service.istio.io\/canonical-name":"reviews"/);
});

test("a namespace labelled a moment ago is seen as the API server sees it", async () => {
  const { patch } = await webhook({}, { fresh: ENABLED })(request(pod()));
  assert.ok(patch && patch.length > 0);
});

test("a pod that is to have no proxy is left as it is", async () => {
  assert.deepEqual(await webhook({})(request(pod())), { patch: [], warnings: [] });
  const other = { ...request(pod()), kind: { group: "apps", version: "v1", kind: "Deployment" } };
  assert.deepEqual(await webhook(ENABLED)(other), {});
});

test("a tag in a namespace's or a pod's label stands for the revision; the pod keeps the tag that it names", async () => {
  const by = (labels: Labels, own: Labels = {}) =>
    webhook(labels, { revision: "canary", names: ["prod"] })(request(pod(own)));
  assert.ok((await by({ "istio.io/rev": "prod" })).patch?.length);
  assert.deepEqual((await by({ "istio.io/rev": "elsewhere" })).patch, []);
  const { patch = [] } = await by({}, { "istio.io/rev": "prod" });
  assert.ok(patch.length > 0);
  assert.ok(patch.every(({ path }) => path !== "/metadata/labels/istio.io~1rev"));
});

test("a pod whose annotation cannot be followed is refused, named by what will be its name", async () => {
  const { refusal } = await webhook(ENABLED)(request(pod({}, { "sidecar.istio.io/logLevel": "loud" })));
  assert.match(refusal?.message ?? "", /refuses pod book\/reviews-v1-abc-…: LTN4001: .*sidecar.istio.io\/logLevel/);
  assert.equal(refusal?.causes?.[0]?.field, "metadata.annotations[sidecar.istio.io/logLevel]");
});
