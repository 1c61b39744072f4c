import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Ipam } from "./ipam.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-ipam-"));
after(() => rmSync(folder, { recursive: true }));

test("an owner keeps its address across a restart of the node", () => {
  const file = join(folder, "a.json");
  const ip = new Ipam(file).allocate("pod-a");
  assert.equal(ip, "10.244.0.2");
  assert.equal(new Ipam(file).allocate("pod-a"), ip);
  assert.equal(new Ipam(file).allocate("pod-b"), "10.244.0.3");
});

test("a released address is not given again at once", () => {
  const ipam = new Ipam(join(folder, "b.json"));
  const first = ipam.allocate("pod-a");
  ipam.release("pod-a");
  assert.notEqual(ipam.allocate("pod-b"), first);
});
