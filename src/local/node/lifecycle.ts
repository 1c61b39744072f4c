/** The node process from outside: started, found, stopped, and cleaned up after. For the CLI. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LateenError } from "../../errors.ts";
import { detectCapabilities } from "./capabilities.ts";
import { type NodeHome, nodeHome } from "./home.ts";
import { commandPath } from "./system/commands.ts";
import { readJson, remove } from "./system/files.ts";
import type { Mode } from "./system/mode.ts";
import { ownEnvironment } from "./system/own-environment.ts";
import { isProcessRef, readProcessFile } from "./system/process-file.ts";
import {
  ended,
  isAlive,
  markedProcesses,
  networkOf,
  type ProcessRef,
  processesInNetworks,
  processRef,
  signal,
} from "./system/processes.ts";

export interface StartedNode {
  process: ProcessRef;
  mode: Mode;
  /** It was running already. */
  adopted: boolean;
}

const START_MS = 30_000;
/** How long containers get to end when the whole world is stopped. */
const STOP_MS = 3000;
const LOG_SHOWN = 2000;

/** The node process of this home, if it runs. */
export function findNode(home: string): ProcessRef | undefined {
  const ref = readProcessFile(nodeHome(home).nodeFile);
  return isAlive(ref) ? ref : undefined;
}

/**
 * Starts the node process, or finds the living one; resolves when it serves. The API must be there: the node asks it
 * what to run. Pods that a former node process left are taken up as they are.
 */
export async function startNode(options: { home: string }): Promise<StartedNode> {
  const home = nodeHome(options.home);
  const { mode, problems } = await detectCapabilities();
  if (!mode) {
    const [first] = problems;
    throw new LateenError(first?.code ?? "LTN1221", problems.map(({ message }) => message).join(" "), first?.remedy);
  }
  const living = findNode(home.dir);
  if (living) return { process: living, mode, adopted: true };
  remove(home.nodeSocket);
  const [command, ...args] = nodeCommand(home, mode);
  const log = openSync(home.nodeLog, "a", 0o600);
  const child = spawn(command, args, {
    detached: true,
    cwd: "/",
    stdio: ["ignore", log, log],
    env: ownEnvironment(home.dir),
  });
  closeSync(log);
  child.unref();
  const exit = Promise.withResolvers<void>();
  child.on("error", () => exit.resolve());
  child.on("exit", () => exit.resolve());
  const gone = exit.promise.then(() => "gone" as const);
  for (const until = Date.now() + START_MS; Date.now() < until; ) {
    if (await serves(home.nodeSocket)) break;
    if ((await Promise.race([gone, sleep(20)])) === "gone") throw notStarted(home, "The node process ended");
  }
  const ref = child.pid === undefined ? undefined : processRef(child.pid);
  if (!ref || !(await serves(home.nodeSocket))) throw notStarted(home, "The node process does not serve");
  return { process: ref, mode, adopted: false };
}

/** Ends the world's pods and its node, and leaves nothing of them behind but what is in the store. */
export async function stopNode(folder: string): Promise<void> {
  const home = nodeHome(folder);
  const node = findNode(folder);
  // First, so that it does not take containers' ends for crashes.
  if (node) {
    signal(node, "SIGKILL");
    await ended(node, STOP_MS);
  }
  const containers = recordedContainers(home);
  for (const container of containers) signal(container, "SIGTERM");
  const until = Date.now() + STOP_MS;
  await Promise.all(containers.map((container) => ended(container, until - Date.now())));
  await cleanUp(folder);
}

/**
 * Ends every process that this home's node ever started, and with them their namespaces, links, mounts and rules:
 * nothing of it lives elsewhere. Safe at any time, also when there is nothing.
 */
export async function cleanUp(folder: string): Promise<void> {
  const home = nodeHome(folder);
  const ours = networkOf(process.pid);
  const recorded = [readProcessFile(home.nodeFile), readProcessFile(home.agentFile), readProcessFile(home.holderFile)];
  const known = [...recorded, ...recordedContainers(home)].filter(isAlive);
  for (let round = 0; round < 20; round++) {
    const found = round === 0 ? [...known, ...markedProcesses(home.dir)] : markedProcesses(home.dir);
    // Whoever is in one of our networks is ours, also a process that changed its environment.
    const networks = new Set(found.map(({ pid }) => networkOf(pid)).filter((network) => network !== undefined));
    if (ours !== undefined) networks.delete(ours);
    const all = [...found, ...processesInNetworks(networks)].filter(({ pid }) => pid !== process.pid);
    if (all.length === 0) break;
    for (const ref of all) signal(ref, "SIGKILL");
    await Promise.all(all.map((ref) => ended(ref, STOP_MS)));
  }
  remove(home.pods);
  for (const file of [home.nodeFile, home.agentFile, home.holderFile, home.ipamFile, home.nodeSocket]) remove(file);
  for (const name of readdirSync(home.run)) if (name.startsWith("relay-")) remove(join(home.run, name));
}

/**
 * Rootless, the node is root of a user namespace. A later node process must be in the same one, or it could not reach
 * the networks of the first: the process that holds the node's network leads there.
 */
function nodeCommand(home: NodeHome, mode: Mode): [string, ...string[]] {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", main, "--home", home.dir] as const;
  if (mode === "root") return [...node];
  const holder = readProcessFile(home.holderFile);
  if (isAlive(holder)) {
    return [commandPath("nsenter"), `--target=${holder.pid}`, "--user", "--mount", "--preserve-credentials", ...node];
  }
  return [commandPath("unshare"), "--user", "--map-root-user", "--mount", ...node];
}

/** The first processes of all containers that are on record. */
function recordedContainers(home: NodeHome): ProcessRef[] {
  return readdirSync(home.pods).flatMap((uid) => {
    const state = readJson(join(home.pods, uid, "state.json"));
    if (typeof state !== "object" || state === null || !("containers" in state)) return [];
    return Object.values(state.containers ?? {}).flatMap((container: unknown) => {
      if (typeof container !== "object" || container === null || !("init" in container)) return [];
      return isProcessRef(container.init) ? [container.init] : [];
    });
  });
}

function serves(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function notStarted(home: NodeHome, what: string): LateenError {
  let log = "";
  try {
    log = readFileSync(home.nodeLog, "utf8").slice(-LOG_SHOWN).trim();
  } catch {
    // It did not come as far as writing one.
  }
  return new LateenError("LTN1205", `${what}: ${log.split("\n").at(-1) ?? ""}`, `Its log is ${home.nodeLog}.`);
}
