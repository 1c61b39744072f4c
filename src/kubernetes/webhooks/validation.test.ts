import assert from "node:assert/strict";
import { test } from "node:test";
import { istioKinds } from "../../kinds/istio/index.ts";
import type { KubeObject } from "../../store/object.ts";
import type { AdmissionRequest } from "./admission-review.ts";
import { ALWAYS_REJECT, validationWebhook } from "./validation.ts";

const judge = validationWebhook(istioKinds);

function service(timeout: string, metadata: object = {}): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1beta1",
    kind: "VirtualService",
    metadata: { name: "reviews", namespace: "book", ...metadata },
    spec: { hosts: ["reviews"], http: [{ timeout, route: [{ destination: { host: "reviews" } }] }] },
  };
}

const request = (object: KubeObject, oldObject?: KubeObject): AdmissionRequest => ({
  uid: "u",
  kind: { group: "networking.istio.io", version: "v1beta1", kind: object.kind },
  operation: oldObject ? "UPDATE" : "CREATE",
  namespace: "book",
  object,
  oldObject,
  dryRun: false,
});

test("an invalid object is refused with field, reason and remedy; a valid one is not, whatever its version", async () => {
  assert.equal((await judge(request(service("5s")))).refusal, undefined);
  const { refusal } = await judge(request(service("5x")));
  assert.equal(refusal?.code, 422);
  assert.match(refusal?.message ?? "", /^spec\.http\[0\]\.timeout: Invalid value: "5x": .+LTN\d{4}/);
  assert.equal(refusal?.causes?.[0]?.field, "spec.http[0].timeout");
});

test("what is invalid already can be labelled and can end, but not be changed to something else that is invalid", async () => {
  const old = service("5x");
  assert.deepEqual(await judge(request(service("5x", { labels: { a: "b" } }), old)), {});
  const ending = service("6x", { deletionTimestamp: "2026-01-01T00:00:00Z" });
  assert.deepEqual(await judge(request(ending, old)), {});
  assert.ok((await judge(request(service("6x"), old))).refusal);
  assert.equal((await judge(request(service("6s"), old))).refusal, undefined);
});

test("what is likely a mistake is a warning", async () => {
  const twice = service("5s");
  const route = [{ destination: { host: "reviews" } }];
  twice.spec = { hosts: ["reviews"], http: [{ route }, { route }] };
  const { warnings, refusal } = await judge(request(twice));
  assert.equal(refusal, undefined);
  assert.match(warnings?.join() ?? "", /IST0130/);
});

test("kinds that are not ours pass, and an object that asks to be refused is", async () => {
  const stranger = { ...service("5x"), kind: "Stranger" };
  assert.deepEqual(await judge(request(stranger)), {});
  const { refusal } = await judge(request(service("5s", { annotations: { [ALWAYS_REJECT]: "true" } })));
  assert.match(refusal?.message ?? "", new RegExp(ALWAYS_REJECT));
});
