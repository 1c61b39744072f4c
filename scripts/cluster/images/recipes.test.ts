import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ENVOY_VERSION } from "../../../src/envoy/binary/version.ts";
import { RECIPES } from "./recipes.ts";

const IMAGES = join(import.meta.dirname, "../../../images");

interface Stage {
  entrypoint: unknown;
  cmd: unknown;
  user: string;
  workingDir: string;
  env: string[];
  packages: string[];
  samples: string[];
}

/** The stages of a Dockerfile by name, each with what it has from the one that it begins with; "" is the last. */
function stagesOf(dockerfile: string): Map<string, Stage> {
  const stages = new Map<string, Stage>();
  const lists = { env: [], packages: [], samples: [] };
  const empty: Stage = { entrypoint: undefined, cmd: undefined, user: "", workingDir: "", ...lists };
  let stage = empty;
  for (const line of dockerfile.replace(/\\\n/g, "").split("\n")) {
    const [, word = "", rest = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    if (word === "FROM") {
      const [from = "", , name = ""] = rest.split(" ");
      stage = structuredClone(stages.get(from) ?? empty);
      stages.set(name, stage);
    }
    if (word === "ENTRYPOINT") stage.entrypoint = JSON.parse(rest);
    if (word === "CMD") stage.cmd = JSON.parse(rest);
    if (word === "USER") stage.user = rest;
    if (word === "WORKDIR") stage.workingDir = rest;
    if (word === "ENV") stage.env.push(...rest.split(" "));
    if (word === "COPY" && rest.startsWith("samples/")) stage.samples.push(rest.split(" ")[0] ?? "");
    const installed = /apt-get install -y --no-install-recommends ([^&]+)/.exec(rest)?.[1];
    if (word === "RUN" && installed) stage.packages.push(...installed.trim().split(" "));
  }
  stages.set("", stages.get("") ?? stage);
  return stages;
}

for (const [word, stageName] of [
  ["pilot", () => ""],
  ["proxyv2", () => ""],
  ["bookinfo", (name: string) => /examples-bookinfo-(.*):/.exec(name)?.[1] ?? ""],
  ["httpbin", () => "httpbin"],
] as const) {
  test(`${word}: the Dockerfile and the recipe make the same`, () => {
    const stages = stagesOf(readFileSync(join(IMAGES, word, "Dockerfile"), "utf8"));
    assert.ok(RECIPES[word]?.length);
    for (const { name, config, packages, content } of RECIPES[word]) {
      const stage = stages.get(stageName(name));
      assert.ok(stage, name);
      const samples = content.filter((each) => each.startsWith("samples/"));
      const { Entrypoint, Cmd = [], User, WorkingDir, Env = [] } = config;
      assert.deepEqual(
        [stage.entrypoint, stage.cmd ?? [], stage.user, stage.workingDir, stage.env, stage.packages, stage.samples],
        [Entrypoint, Cmd, User, WorkingDir, Env.filter((variable) => !variable.startsWith("PATH=")), packages, samples],
        name,
      );
    }
  });
}

test("the proxy's Dockerfile takes the Envoy that Lateen is tested with", () => {
  const dockerfile = readFileSync(join(IMAGES, "proxyv2/Dockerfile"), "utf8");
  assert.match(dockerfile, new RegExp(`envoyproxy/envoy:distroless-v${ENVOY_VERSION} `));
});
