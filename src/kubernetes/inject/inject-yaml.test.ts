import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { injectObject } from "./inject-object.ts";
import { injectYaml } from "./inject-yaml.ts";
import { defaultInjectSettings } from "./settings.ts";

const run = (text: string): string =>
  injectYaml(text, (object) => injectObject(object, "default", defaultInjectSettings));

const template = (name: string) => `template:
    metadata: {labels: {app: ${name}, flag: "on"}}
    spec: {containers: [{name: app, image: app}]}`;

test("documents that have no pods stay as they are, with their comments", () => {
  const service = "# A service.\napiVersion: v1\nkind: Service # of mine\nmetadata: {name: a}\n";
  const text = `${service}---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  ${template("a")}\n`;
  const made = run(text);
  assert.ok(made.startsWith(`${service}---\n`));
  assert.match(made, /flag: "on"/);
  assert.match(made, /name: istio-proxy/);
  assert.match(made, /\\?"WORKLOAD_NAME\\?":\\?"a\\?"/);
  assert.doesNotMatch(made, /ownerReferences/);
});

for (const [kind, spec] of [
  ["StatefulSet", template("a")],
  ["DaemonSet", template("a")],
  ["ReplicaSet", template("a")],
  ["Job", template("a")],
  ["CronJob", `jobTemplate:\n    spec:\n      ${template("a").replaceAll("\n", "\n    ")}`],
  ["Pod", "containers: [{name: app, image: app}]"],
] as const) {
  test(`the pods of a ${kind} get a proxy, once`, () => {
    const text = `apiVersion: v1\nkind: ${kind}\nmetadata: {name: a}\nspec:\n  ${spec}\n`;
    const made = run(text);
    assert.equal(made.match(/name: istio-proxy/g)?.length, 1);
    assert.equal(run(made), made);
  });
}

test("the items of a list get theirs, each by what it says itself", () => {
  const pod = (name: string, inject: string) =>
    `- {apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {sidecar.istio.io/inject: "${inject}"}}, spec: {containers: [{name: app}]}}`;
  const made = run(`apiVersion: v1\nkind: List\nitems:\n${pod("a", "true")}\n${pod("b", "false")}\n`);
  assert.equal(parseAllDocuments(made).length, 1);
  assert.equal(made.match(/name: istio-proxy/g)?.length, 1);
});

test("what is not YAML is said to be none", () => {
  assert.throws(() => run("a: [1"), /is not YAML/);
});
