import assert from "node:assert/strict";
import { test } from "node:test";
import { anyVersion } from "./any-version.ts";
import { StoreError } from "./error.ts";
import type { ResourceType } from "./object.ts";

const type: ResourceType = { group: "example.dev", version: "v1", plural: "things", kind: "Thing", namespaced: true };

function server(...served: string[]) {
  const asked: string[] = [];
  const has = new Set(served);
  const store = {
    list: async ({ version }: ResourceType) => {
      asked.push(version);
      if (!has.has(version)) throw new StoreError("NotFound", "the server could not find the requested resource");
      return { items: [], resourceVersion: version };
    },
    watch: async function* ({ version }: ResourceType) {
      asked.push(`watch ${version}`);
      yield { type: "BOOKMARK" as const, resourceVersion: version };
    },
  };
  return { store, asked, has };
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

test("an older server's version is read, and watched, without asking for the newer one again", async () => {
  const { store, asked } = server("v1beta1");
  const reads = anyVersion(store, ["v1beta1", "v1alpha1"]);
  await reads.list(type);
  await drain(reads.watch(type, { resourceVersion: "1", signal: new AbortController().signal }));
  await reads.list(type);
  assert.deepEqual(asked, ["v1", "v1beta1", "watch v1beta1", "v1beta1"]);
});

test("a kind that no version has is not found, and our own version comes first again", async () => {
  const { store, asked, has } = server("v1beta1");
  const reads = anyVersion(store, ["v1beta1"]);
  await reads.list(type);
  has.clear();
  await assert.rejects(reads.list(type), /could not find/);
  has.add("v1").add("v1beta1");
  asked.length = 0;
  await reads.list(type);
  assert.deepEqual(asked, ["v1"]);
});
