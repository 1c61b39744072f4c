import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { kinds } from "../../kinds/registry.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { startApiServer } from "./server.ts";
import { startTestWorld } from "./testing.ts";

test("after a restart the port, the certificate authority and tokens are the same", async () => {
  const home = mkdtempSync(join(tmpdir(), "lateen-api-"));
  const store = new EmbeddedStore({ path: ":memory:", kinds });
  const first = await startApiServer({ store, kinds, home });
  await first.close();
  const second = await startApiServer({ store, kinds, home });
  assert.deepEqual([second.port, second.ca], [first.port, first.ca]);
  const other = await startApiServer({ store, kinds, home });
  assert.notEqual(other.port, second.port, "a port in use is not insisted on");
  await Promise.all([second.close(), other.close()]);
  store.close();
  rmSync(home, { recursive: true });
});

test("closing ends watches at once", async () => {
  const world = await startTestWorld();
  const watching = world.fetch("/api/v1/namespaces?watch=true");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const begun = Date.now();
  await world.close();
  assert.equal((await watching).status, 200);
  assert.ok(Date.now() - begun < 1000);
});

test("a watch can begin with all there is, and says when that is told", async () => {
  const world = await startTestWorld();
  const query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
  const { text } = await world.fetch(`/api/v1/namespaces?${query}&timeoutSeconds=1`);
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map((event) => [event.type, event.object.metadata.name]),
    [
      ["ADDED", "default"],
      ["ADDED", "istio-system"],
      ["BOOKMARK", ""],
    ],
  );
  assert.equal(events.at(-1).object.metadata.annotations["k8s.io/initial-events-end"], "true");
  const late = await world.fetch("/api/v1/namespaces?watch=true&resourceVersion=999999");
  assert.equal(JSON.parse(late.text).object.reason, "Expired");
  await world.close();
});

test("other forms are given when asked for, and refused when we have none", async () => {
  const world = await startTestWorld();
  const path = "/api/v1/namespaces/default";
  const yaml = await world.fetch(path, { headers: { accept: "application/yaml" } });
  assert.match(yaml.text, /^apiVersion: v1\nkind: Namespace\n/);
  const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  assert.equal((await world.fetch(path, { headers: { accept } })).json().kind, "PartialObjectMetadata");
  const fallback = "application/vnd.kubernetes.protobuf,application/json";
  assert.equal((await world.fetch(path, { headers: { accept: fallback } })).json().kind, "Namespace");
  const none = await world.fetch(path, { headers: { accept: "application/vnd.kubernetes.protobuf" } });
  assert.deepEqual([none.status, none.json().reason], [406, "NotAcceptable"]);
  const body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: made-}\n";
  const headers = { "content-type": "application/yaml" };
  const made = await world.fetch(`${path}/configmaps`, { method: "POST", headers, body });
  assert.equal(made.status, 201);
  assert.match(made.json().metadata.name, /^made-\w{5}$/);
  await world.close();
});
