/** The two small programs that come with the cluster: its DNS server, and process 1 of nodes and pods. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { BINARIES } from "../instance.ts";
import { INIT } from "../node/processes.ts";
import { run } from "../run.ts";
import { go } from "./go.ts";

export const COREDNS = join(BINARIES, "coredns");
export const NODE_INIT = join(BINARIES, INIT);

const HERE = join(import.meta.dirname, "..");

export function buildCoredns(say: (line: string) => void): void {
  if (existsSync(COREDNS)) return;
  say("Building CoreDNS from its Go modules, once: about a minute …");
  mkdirSync(BINARIES, { recursive: true });
  go(["build", "-trimpath", "-ldflags", "-s -w", "-o", `${COREDNS}.part`, "."], { cwd: join(HERE, "coredns") });
  renameSync(`${COREDNS}.part`, COREDNS);
}

export function buildInit(): void {
  if (existsSync(NODE_INIT)) return;
  mkdirSync(BINARIES, { recursive: true });
  run("gcc", ["-Os", "-static", "-s", "-o", `${NODE_INIT}.part`, join(HERE, "node/init.c")]);
  renameSync(`${NODE_INIT}.part`, NODE_INIT);
}
