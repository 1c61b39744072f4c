import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isFields } from "../patch/json.ts";
import { type Outcome, scenario } from "./scenario.ts";
import { openStore } from "./testing.ts";

const recorded: Outcome[] = JSON.parse(readFileSync(new URL("testdata/kubernetes-1.34.json", import.meta.url), "utf8"));

/** Where we knowingly answer in other words, or with more of a reason. */
const OTHERWISE: Readonly<Record<string, string>> = {
  "create with a version": "a real server blames itself (500); it is the request that is wrong",
  "create with an unknown field": "we add which field was probably meant",
  "update another uid": "a real server tells its storage key",
  "merge key missing": "a real server blames itself (500)",
  "add a finalizer while deleting": "a real server gives the same cause twice",
};

test("the embedded store answers as a kube-apiserver does", async (t) => {
  const store = await openStore();
  const outcomes = new Map((await scenario(store)).map(({ step, result }) => [step, result]));
  store.close();
  assert.deepEqual(
    [...outcomes.keys()],
    recorded.map(({ step }) => step),
  );
  for (const { step, result } of recorded) {
    await t.test(step, () => {
      const ours = outcomes.get(step);
      if (!(step in OTHERWISE)) assert.deepEqual(ours, result);
      else assert.ok(isFields(ours) && isFields(result) && "reason" in ours && "reason" in result);
    });
  }
});
