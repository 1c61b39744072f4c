/** The node process: `node main.ts --home DIR`. It outlives whoever starts it, and is ended by SIGTERM. */
import { parseArgs } from "node:util";
import pino from "pino";
import { connectNode } from "./connection.ts";
import { nodeHome } from "./home.ts";
import { runNode } from "./node.ts";
import { remove, writeJson } from "./system/files.ts";
import { processRef } from "./system/processes.ts";

const { home: folder } = parseArgs({ options: { home: { type: "string" } } }).values;
if (folder === undefined) throw new Error("the node needs --home DIR");
const home = nodeHome(folder);
const log = pino(pino.destination({ dest: home.nodeLog, sync: true, mkdir: true }));

/** The same again within this time is not worth a line: what waits for the API fails every few seconds. */
const QUIET_MS = 60_000;
const lastSaid = new Map<string, number>();

function onError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (Date.now() - (lastSaid.get(message) ?? 0) < QUIET_MS) return;
  if (lastSaid.size > 1000) lastSaid.clear();
  lastSaid.set(message, Date.now());
  log.error({ err: error }, message);
}

process.on("uncaughtException", (error) => log.fatal({ err: error }, "uncaught: the node goes on"));
process.on("unhandledRejection", (error) => onError(error));

writeJson(home.nodeFile, processRef(process.pid));
const { store, issueToken } = await connectNode(home);
const node = await runNode({ home, store, issueToken, onError });
log.info("the node runs");

/** Pods go on without it: the next node process takes them up. Who wants them gone uses stopNode. */
async function end(): Promise<void> {
  log.info("the node process ends");
  await node.release();
  remove(home.nodeFile);
  process.exit(0);
}
process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());
