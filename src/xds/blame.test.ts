import assert from "node:assert/strict";
import { test } from "node:test";
import { blame } from "./blame.ts";

test("the resources that Envoy names are blamed, whole names only", () => {
  const names = ["0.0.0.0_80", "0.0.0.0_8080", "outbound|80||a.b", "outbound|80||a.b.c", "r/h:80", "r/h:8080"];
  const cases: [string, string[]][] = [
    ["Error adding/updating listener(s) 0.0.0.0_8080: no filter chains specified", ["0.0.0.0_8080"]],
    [
      "Error adding/updating cluster(s) outbound|80||a.b.c: bad, outbound|80||a.b: worse",
      ["outbound|80||a.b.c", "outbound|80||a.b"],
    ],
    ["duplicate name r/h:8080 found among added/updated resources", ["r/h:8080"]],
    ["the listener is 0.0.0.0_80.", ["0.0.0.0_80"]],
    ["Only unique values for domains are permitted. Duplicate entry of domain h:80 in route r", []],
    ["", []],
  ];
  for (const [message, blamed] of cases) assert.deepEqual(blame(message, names).sort(), blamed.sort(), message);
});
