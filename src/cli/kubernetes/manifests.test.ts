import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseManifests, readManifests } from "./manifests.ts";

test("documents, lists and plain lists each give their objects, with the lines where these begin", () => {
  const text = `# one
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: b}
---
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
---
# nothing
`;
  const { manifests, unreadable } = parseManifests("x.yaml", text);
  assert.deepEqual(
    manifests.map(({ object, place }) => [object.metadata.name, place()]),
    [
      ["a", "x.yaml:2"],
      ["b", "x.yaml:9"],
      ["c", "x.yaml:13"],
    ],
  );
  assert.deepEqual(unreadable, []);
});

test("a field's place is the line of its key, or of what is around it", () => {
  const { manifests } = parseManifests(
    "x.yaml",
    `apiVersion: v1
kind: Thing
metadata:
  name: a
  annotations:
    a.b/c: x
spec:
  http:
    - route:
        - weight: -1
`,
  );
  const place = (field: string): string | undefined => manifests[0]?.place(field);
  assert.equal(place("spec.http[0].route[0].weight"), "x.yaml:10");
  assert.equal(place("spec.http[0].timeout"), "x.yaml:9");
  assert.equal(place("spec.hosts"), "x.yaml:7");
  assert.equal(place("metadata.annotations[a.b/c]"), "x.yaml:6");
  assert.equal(place(""), "x.yaml:1");
});

test("what is no object is told with its line, and does not hide its neighbours", () => {
  const { manifests, unreadable } = parseManifests(
    "x.yaml",
    "kind: [\n---\nkind: Pod\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n---\nhello\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a}}\n",
  );
  assert.equal(manifests.length, 1);
  assert.deepEqual(
    unreadable.map(({ place, problem }) => [place, problem.replace(/YAML: .*/, "YAML")]),
    [
      ["x.yaml:2", "is not YAML"],
      ["x.yaml:3", "has no apiVersion"],
      ["x.yaml:5", "has a metadata.name that is not text: put it in quotes"],
      ["x.yaml:9", "is not an object"],
    ],
  );
});

test("a text that stands for more than fits into memory is told, not read", () => {
  const nine = (name: string): string => `[${Array(9).fill(name).join(",")}]`;
  const levels = ["b", "c", "d", "e"].map((name, i) => `${name}: &${name} ${nine(`*${"abcd"[i]}`)}`);
  const { manifests, unreadable } = parseManifests("x.yaml", `a: &a ${nine("x")}\n${levels.join("\n")}\n`);
  assert.deepEqual(manifests, []);
  assert.match(unreadable[0]?.problem ?? "", /cannot be read: Excessive alias count/);
});

test("YAML is read as Kubernetes does", () => {
  const { manifests } = parseManifests(
    "x.yaml",
    "apiVersion: v1\nkind: X\nmetadata: {name: a}\nmode: 0644\nyes: yes\nports: 8080:80\nat: 2026-01-02T03:04:05Z\n",
  );
  const object = manifests[0]?.object;
  assert.deepEqual(
    ["mode", "ports", "at", "true"].map((name) => object?.[name]),
    [420, "8080:80", "2026-01-02T03:04:05Z", true],
  );
});

test("a folder gives its files in order; those of folders within when asked", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-manifests-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "deep"));
  for (const name of ["b.yaml", "a.json", "deep/c.yml"]) {
    writeFileSync(join(folder, name), JSON.stringify({ apiVersion: "v1", kind: "X", metadata: { name } }));
  }
  writeFileSync(join(folder, "README.md"), "not read");
  const namesIn = async (recursive: boolean): Promise<string[]> =>
    (await readManifests([folder], recursive)).manifests.map(({ object }) => object.metadata.name);
  assert.deepEqual(await namesIn(false), ["a.json", "b.yaml"]);
  assert.deepEqual(await namesIn(true), ["a.json", "b.yaml", "deep/c.yml"]);
  await assert.rejects(readManifests([join(folder, "none")]), { code: "LTN5013" });
});
