import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { type LaunchPlan, launchScript, quote } from "./launch-script.ts";

const plan: LaunchPlan = {
  root: { hostFolders: ["usr"], hostLinks: [{ name: "bin", target: "usr/bin" }], openings: [], binds: [] },
  mountPoint: "/home/o'neil/root",
  etc: "/home/pod/etc",
  exitFile: "/home/pod/exit",
  environment: new Map([
    ["PLAIN", "it's $HOME\nand more"],
    ["not.a.name", "x"],
  ]),
  workingDir: "/",
  privileges: ["setpriv"],
  command: ["app", "--flag=a b"],
};

test("words survive the shell whatever they hold", () => {
  for (const text of ["a b", "it's", '$HOME `x` \\ "', "two\nlines", "", "~"]) {
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${quote(text)}`], { encoding: "utf8" });
    assert.equal(stdout, text);
  }
});

test("the script is one that a POSIX shell accepts", () => {
  const { status, stderr } = spawnSync("sh", ["-n"], { input: launchScript(plan), encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("names that a shell cannot export are handed over by env", () => {
  const script = launchScript(plan);
  assert.match(script, /export PLAIN='it'\\''s \$HOME\nand more'/);
  assert.match(script, /exec \S*env not\.a\.name=x setpriv app '--flag=a b'/);
});

test("a bind that must not be written to is mounted again read-only", () => {
  const binds = [{ source: "/s", target: "/etc/istio", kind: "folder" as const, readOnly: true }];
  assert.match(launchScript({ ...plan, root: { ...plan.root, binds } }), /mount -o remount,bind,ro \.\/etc\/istio/);
});
