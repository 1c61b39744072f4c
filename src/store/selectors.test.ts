import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatRequirements,
  labelSelectorRequirements,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  selects,
} from "./selectors.ts";

const matches = (selector: string, labels: Record<string, string>): boolean =>
  matchesLabels(parseLabelSelector(selector), labels);

test("label selectors mean what Kubernetes means", () => {
  const labels = { app: "reviews", version: "v1", weight: "5", "x.dev/team": "a" };
  for (const selector of [
    "",
    "app",
    "app=reviews",
    "app==reviews",
    "app != ratings",
    "other!=x",
    "!other",
    "version in (v1, v2)",
    "version notin (v3)",
    "app=reviews,version in (v1,v2),!other",
    "weight>4",
    "weight<6",
    "x.dev/team=a",
    "none notin (a)",
  ]) {
    assert.ok(matches(selector, labels), selector);
  }
  for (const selector of [
    "other",
    "app=ratings",
    "!app",
    "version in (v2)",
    "version notin (v1)",
    "weight>5",
    "app=",
  ]) {
    assert.ok(!matches(selector, labels), selector);
  }
  assert.ok(matches("empty=", { empty: "" }));
  assert.ok(!matches("toString", {}));
});

test("a selector that cannot be read is refused", () => {
  for (const selector of ["a b", "=x", "a in v1", "a in (v1", "a==b==c", ",", "a=b!", "a,,b"]) {
    assert.throws(() => parseLabelSelector(selector), { reason: "BadRequest" }, selector);
  }
});

test("a LabelSelector object means the same as its text", () => {
  const requirements = labelSelectorRequirements({
    matchLabels: { app: "a" },
    matchExpressions: [
      { key: "v", operator: "In", values: ["1", "2"] },
      { key: "x", operator: "DoesNotExist" },
    ],
  });
  assert.equal(formatRequirements(requirements), "app=a,v in (1,2),!x");
});

const name = fc.constantFrom("a", "b", "x.dev/c");
const value = fc.constantFrom("", "1", "two", "v-3");
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3 });
const plain = { noNullPrototype: true };
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({ key: name, operator: fc.constantFrom("In" as const, "NotIn" as const), values }, plain),
  fc.record({ key: name, operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const) }, plain),
  fc.record({ key: name, operator: fc.constantFrom("Gt" as const, "Lt" as const), value: fc.integer() }, plain),
);

test("requirements survive being written down and read again", () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), (requirements) => {
      assert.deepEqual(parseLabelSelector(formatRequirements(requirements)), requirements);
    }),
  );
});

test("field selectors look at any field by its path", () => {
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { nodeName: "n" },
  };
  const selected = (fieldSelector: string): boolean => selects({ fieldSelector })(object);
  assert.ok(selected("metadata.name=p,spec.nodeName==n"));
  assert.ok(selected("status.phase!=Running,status.phase="));
  assert.ok(!selected("metadata.name!=p"));
  assert.ok(!selects({ namespace: "other" })(object));
  assert.throws(() => parseFieldSelector("metadata.name"), { reason: "BadRequest" });
});
