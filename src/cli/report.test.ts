import assert from "node:assert/strict";
import { test } from "node:test";
import { LateenError } from "../errors.ts";
import { StoreError } from "../store/error.ts";
import { refusals } from "./apply.ts";
import { whyNot } from "./detach.ts";
import { statusOf } from "./exec.ts";
import { tableLines } from "./get.ts";
import { environmentOf } from "./image.ts";
import { explained } from "./report.ts";

test("an error is printed with its code, and its remedy on a line of its own", () => {
  assert.deepEqual(explained(new LateenError("LTN5004", "no world runs", "Start one.")), [
    "Error LTN5004: no world runs",
    "  Start one.",
  ]);
  const unreachable = new StoreError("ServiceUnavailable", "LTN1013: it is away (a; b); see that it runs");
  assert.deepEqual(explained(unreachable), ["Error LTN1013: it is away (a; b)", "  See that it runs."]);
  assert.deepEqual(explained(new StoreError("NotFound", 'pods "x" not found')), [
    'Error from the API (NotFound): pods "x" not found',
  ]);
  assert.match(explained(new TypeError("oh")).join("\n"), /^Error LTN5000: oh\n {2}.*LATEEN_DEBUG=1/);
});

test("what a world in the background said last is told as if it were ours", () => {
  const { code, message, remedy } = whyNot(
    "Kubernetes API on x\nError LTN1220: nft is missing\n  Install it.\n",
    "up.log",
  );
  assert.deepEqual([code, message, remedy], ["LTN1220", "nft is missing", "Install it."]);
  assert.deepEqual(explained(whyNot("Segmentation fault\n", "up.log")), [
    "Error LTN5002: the world did not come up:\nSegmentation fault",
    "  What it said is in up.log.",
  ]);
});

test("a refusal is told field by field; a conflict says how to insist", () => {
  const causes = [
    { reason: "x", field: "spec.a", message: "bad" },
    { reason: "x", field: "spec.b", message: "worse" },
  ];
  assert.deepEqual(refusals(new StoreError("Invalid", "all of it", { causes })), [
    { field: "spec.a", text: "spec.a: bad" },
    { field: "spec.b", text: "spec.b: worse" },
  ]);
  assert.deepEqual(refusals(new StoreError("BadRequest", 'strict decoding error: unknown field "spec.c"')), [
    { field: "spec.c", text: 'strict decoding error: unknown field "spec.c"' },
  ]);
  const [conflict] = refusals(
    new StoreError("Conflict", "1 conflict", {
      causes: [{ reason: "x", field: ".spec.a", message: "kubectl has it" }],
    }),
  );
  assert.equal(conflict?.field, "spec.a");
  assert.match(conflict?.text ?? "", /--force-conflicts/);
});

test("the exit status of a command in a container is read from the API's Status", () => {
  assert.equal(statusOf({ status: "Success" }), 0);
  const causes = [{ reason: "ExitCode", message: "7" }];
  assert.equal(statusOf({ status: "Failure", reason: "NonZeroExitCode", details: { causes } }), 7);
  assert.throws(() => statusOf({ status: "Failure", message: "no such container" }), /no such container/);
  assert.throws(() => statusOf(undefined), { code: "LTN5021" });
});

test("a table has the API's columns, more when wide, and namespaces when asked", () => {
  const answer = {
    columnDefinitions: [{ name: "Name" }, { name: "Age" }, { name: "IP", priority: 1 }],
    rows: [{ cells: ["a", "3s", "10.0.0.1"], object: { metadata: { namespace: "x" } } }],
  };
  assert.deepEqual(tableLines([answer], { wide: false, namespaces: false }), ["NAME   AGE", "a      3s"]);
  assert.deepEqual(tableLines([answer, answer], { wide: true, namespaces: true }), [
    "NAMESPACE   NAME   AGE   IP",
    "x           a      3s    10.0.0.1",
    "x           a      3s    10.0.0.1",
  ]);
  assert.deepEqual(tableLines([{ ...answer, rows: [] }], { wide: false, namespaces: false }), []);
});

test("environment variables are NAME=VALUE, and values may hold anything", () => {
  assert.deepEqual(environmentOf(["A=1", "B=x=y", "C="]), { A: "1", B: "x=y", C: "" });
  assert.throws(() => environmentOf(["A"]), { code: "LTN5023" });
});
