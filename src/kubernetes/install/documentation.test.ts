import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isFields } from "../../store/patch/json.ts";
import { OperatorSpec } from "./operator-schema.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/install.md"), "utf8");

/** Fields below a schema that have no fields themselves, or whose fields need no words. */
function* names(schema: unknown, path: string): Generator<{ path: string; name: string }> {
  const item = isFields(schema) && isFields(schema.items) ? schema.items : schema;
  const properties = isFields(item) && isFields(item.properties) ? item.properties : {};
  for (const [name, part] of Object.entries(properties)) {
    const below = `${path}.${name}`;
    const inner = DETAILS.has(name) ? [] : [...names(part, below)];
    yield* inner.length > 0 ? inner : [{ path: below, name }];
  }
}

/** What these hold is Kubernetes' own, or what their name says. */
const DETAILS = new Set([
  ...["resources", "tolerations", "envVarFrom", "volumes", "volumeMounts", "lifecycle", "ports", "overlays"],
  ...["cpu", "memory", "neverInjectSelector", "alwaysInjectSelector"],
]);

test("docs/install.md says of every field that is honoured what it means", () => {
  const missing = [...names(OperatorSpec, "spec")].filter(
    ({ path, name }) =>
      !page.includes(`\`${name}\``) && !new RegExp(`[\`.]${path.split(".").slice(-2).join("\\.")}[\`.[]`).test(page),
  );
  assert.deepEqual(
    missing.map(({ path }) => path),
    [],
  );
});
