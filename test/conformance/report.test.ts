import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isCoreInFull, type Report, readReport, regressions, summary } from "./report.ts";

const DOCS = join(import.meta.dirname, "../../docs/conformance");

const statistics = { Passed: 3, Skipped: 0, Failed: 0 };
const good = (): Report => ({
  gatewayAPIChannel: "experimental",
  gatewayAPIVersion: "v1.6.3",
  profiles: [
    {
      name: "GATEWAY-HTTP",
      core: { result: "success", statistics },
      extended: { result: "success", statistics, supportedFeatures: ["A", "B"], unsupportedFeatures: ["C"] },
    },
  ],
});

function withCore(report: Report, core: Report["profiles"][number]["core"]): Report {
  return { ...report, profiles: report.profiles.map((profile) => ({ ...profile, core })) };
}

test("the same again is no worse, and neither is better", () => {
  assert.deepEqual(regressions(good(), good()), []);
  const failing = withCore(good(), {
    result: "failure",
    statistics: { Passed: 2, Skipped: 0, Failed: 1 },
    failedTests: ["X"],
  });
  assert.deepEqual(regressions(failing, good()), []);
  assert.equal(isCoreInFull(failing), false);
  assert.equal(isCoreInFull(good()), true);
});

test("what passed and now fails, is skipped or is not tested is named", () => {
  const worse = withCore(good(), {
    result: "failure",
    statistics: { Passed: 1, Skipped: 1, Failed: 1 },
    failedTests: ["X"],
    skippedTests: ["Y"],
  });
  assert.deepEqual(regressions(good(), worse), [
    "GATEWAY-HTTP core: X fails",
    "GATEWAY-HTTP core: Y is skipped",
    "GATEWAY-HTTP core: 1 tests passed, 3 before",
  ]);
  assert.deepEqual(regressions(good(), { ...good(), profiles: [] }), [
    "GATEWAY-HTTP core was not tested",
    "GATEWAY-HTTP extended was not tested",
  ]);
});

test("a feature that is not claimed any more is a loss too", () => {
  const less = good();
  const [profile] = less.profiles;
  if (profile?.extended) profile.extended.unsupportedFeatures = ["B", "C"];
  assert.deepEqual(regressions(good(), less), ["GATEWAY-HTTP extended: B is not supported any more"]);
});

test("the summary says what is missing", () => {
  assert.deepEqual(summary(good()), [
    "GATEWAY-HTTP core: success, 3 passed, 0 failed, 0 skipped",
    "GATEWAY-HTTP extended: success, 3 passed, 0 failed, 0 skipped",
    "  not supported: C",
  ]);
});

test("docs/conformance gives the reason for each feature that a kept report lacks, and for no other", () => {
  const reports = globSync("*.yaml", { cwd: DOCS }).map((file) => readReport(readFileSync(join(DOCS, file), "utf8")));
  const lacking = reports.flatMap(({ profiles }) =>
    profiles.flatMap((each) => each.extended?.unsupportedFeatures ?? []),
  );
  const explained = readFileSync(join(DOCS, "README.md"), "utf8").matchAll(/^\| `(\w+)`/gm);
  assert.deepEqual([...new Set([...explained].map(([, name]) => name))].sort(), [...new Set(lacking)].sort());
});
