import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { charts } from "./charts.ts";
import { choose } from "./choose.ts";
import { list, map, maybe, value } from "./hole.ts";
import { template } from "./template.ts";

const ROOT = join(import.meta.dirname, "../../../../charts");

test("the charts in the tree are what the source makes: else npm run charts", () => {
  const made = charts();
  assert.deepEqual(globSync("**/*.*", { cwd: ROOT }).sort(), [...made.keys()].sort());
  for (const [path, text] of made) {
    // Not assert.equal: it takes long to say how two texts of this size differ.
    assert.ok(readFileSync(join(ROOT, path), "utf8") === text, `${path} is not up to date`);
  }
});

test("what two renderings have in common is written once", () => {
  const yes = [{ kind: "A", metadata: { name: "a" }, spec: { big: true, size: 1, extra: { x: 1 } } }, { kind: "B" }];
  const no = [{ kind: "A", metadata: { name: "a" }, spec: { big: false, size: 1 } }];
  assert.equal(
    template(choose("$c", yes, no, (text) => text)),
    `---
kind: A
metadata:
  name: a
spec:
{{- if $c }}
  big: true
{{- else }}
  big: false
{{- end }}
  size: 1
{{- if $c }}
  extra:
    x: 1
{{- end }}
{{- if $c }}
---
kind: B
{{- end }}
`,
  );
});

test("holes are filled where the value was used", () => {
  const object = {
    name: `istiod-${value("$.Values.name")}`,
    count: value("$.Values.count"),
    policy: maybe("$.Values.policy"),
    selector: map("$.Values.selector"),
    labels: { app: "a", ...map("$.Values.labels") },
    items: [{ name: "one" }, ...list("$.Values.items")],
  };
  assert.equal(
    template([object]),
    `---
name: "istiod-{{ $.Values.name }}"
count: {{ $.Values.count | toJson }}
{{- with $.Values.policy }}
policy: {{ . | toJson }}
{{- end }}
{{- with $.Values.selector }}
selector:
  {{- toYaml . | nindent 2 }}
{{- end }}
labels:
  app: a
{{- with $.Values.labels }}
{{- toYaml . | nindent 2 }}
{{- end }}
items:
  - name: one
{{- with $.Values.items }}
{{- toYaml . | nindent 2 }}
{{- end }}
`,
  );
});
