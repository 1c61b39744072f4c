/**
 * A process in a pod's network namespace through which ports of the pod's loopback are reached. A connection to its
 * unix socket begins with a line that says the port; the answer is `ok` or why not, and then the bytes go through.
 * It ends when nobody has used it for a while.
 */
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { splice } from "../agent/splice.ts";

const IDLE_MS = 60_000;
const [path = ""] = process.argv.slice(2);

let open = 0;
let idle = setTimeout(end, IDLE_MS);

function end(): void {
  rmSync(path, { force: true });
  process.exit(0);
}

function serve(incoming: Socket): void {
  open++;
  clearTimeout(idle);
  incoming.on("close", () => {
    if (--open === 0) idle = setTimeout(end, IDLE_MS);
  });
  incoming.on("error", () => incoming.destroy());
  incoming.once("data", (first: Buffer) => {
    incoming.pause();
    const newline = first.indexOf(10);
    const port = Number(first.subarray(0, newline).toString("latin1"));
    const rest = first.subarray(newline + 1);
    if (rest.length > 0) incoming.unshift(rest);
    const outgoing = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
    const failed = (error: Error) => incoming.end(`${error.message}\n`);
    outgoing.once("error", failed);
    outgoing.once("connect", () => {
      outgoing.off("error", failed);
      incoming.write("ok\n");
      splice(incoming, outgoing);
    });
  });
}

// What an earlier one left that was killed.
rmSync(path, { force: true });
createServer({ allowHalfOpen: true }, serve).listen(path);
