import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeWorldFile } from "../local/world-file.ts";
import { targetOf } from "./target.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-target-"));
after(() => rmSync(folder, { recursive: true }));

/** A kubeconfig whose server and contexts are called after it. */
function kubeconfig(name: string, contexts = [name]): string {
  const path = join(folder, name);
  const lines = [
    `current-context: ${contexts[0]}`,
    "clusters:",
    ...contexts.map((each) => `- {name: ${each}, cluster: {server: "https://${each}"}}`),
    "contexts:",
    ...contexts.map((each) => `- {name: ${each}, context: {cluster: ${each}}}`),
  ];
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** A home in which a world runs: this process stands for it. */
function world(name: string): string {
  const home = join(folder, name);
  mkdirSync(join(home, "run"), { recursive: true });
  const own = kubeconfig(`${name}-api`);
  writeWorldFile(home, { pid: process.pid, apiServer: `https://${name}-api`, kubeconfig: own });
  return home;
}

function userHome(): string {
  const home = mkdtempSync(join(folder, "user-"));
  mkdirSync(join(home, ".kube"));
  copyFileSync(kubeconfig("usual"), join(home, ".kube/config"));
  return home;
}

const away = join(folder, "nowhere");

test("what is named goes before what is set, and that before the world, and that before the usual file", async () => {
  const [named, set, home, user] = [kubeconfig("named"), kubeconfig("set"), world("w"), userHome()];
  const host = async (options: object, env: NodeJS.ProcessEnv) =>
    (await targetOf({ home, ...options }, { HOME: user, LATEEN_HOME: home, ...env })).connection.server.host;
  assert.equal(await host({ kubeconfig: named }, { KUBECONFIG: set }), "named");
  assert.equal(await host({}, { KUBECONFIG: set }), "set");
  assert.equal(await host({}, {}), "w-api");
  assert.equal(await host({ home: away }, { LATEEN_HOME: away }), "usual");
});

test("a home that is given on the command line goes before KUBECONFIG", async () => {
  const home = world("given");
  const { connection, world: found } = await targetOf({ home }, { KUBECONFIG: kubeconfig("elsewhere") });
  assert.equal(connection.server.host, "given-api");
  assert.equal(found?.pid, process.pid);
});

test("a world is known as one also when KUBECONFIG leads to it", async () => {
  const home = world("known");
  const env = { LATEEN_HOME: home, KUBECONFIG: join(folder, "known-api") };
  assert.equal((await targetOf({ home }, env)).world?.apiServer, "https://known-api");
  const other = { LATEEN_HOME: home, KUBECONFIG: kubeconfig("other") };
  assert.equal((await targetOf({ home }, other)).world, undefined);
});

test("of several files in KUBECONFIG the first with a context counts, missing ones do not, and --context chooses", async () => {
  const files = [join(folder, "missing"), kubeconfig("one", ["one", "shared"]), kubeconfig("two")];
  const env = { LATEEN_HOME: away, KUBECONFIG: files.join(":") };
  assert.equal((await targetOf({ home: away }, env)).connection.server.host, "one");
  assert.equal((await targetOf({ home: away, context: "two" }, env)).connection.server.host, "two");
  await assert.rejects(targetOf({ home: away, context: "three" }, env), /LTN1011: .*has no context named "three"/);
});

test("where there is nothing to talk to, the ways to something are named", async () => {
  await assert.rejects(targetOf({ home: away }, { LATEEN_HOME: away, HOME: away }), {
    code: "LTN5030",
    remedy: /--kubeconfig.*lateen demo/,
  });
});
