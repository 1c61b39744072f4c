import { readFileSync } from "node:fs";

/** The state of a listening socket in /proc/net/tcp. */
const LISTEN = "0A";

/**
 * TCP ports of the host on which somebody listens, also another world's gateways: not to be given to a Service as its
 * node port. Read at once and without binding anything, so that whoever gives numbers out can ask each time.
 */
export function listeningPorts(): Set<number> {
  return new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => portsOf(read(file))));
}

/** Lines such as `0: 0100007F:7772 00000000:0000 0A …`, after one of headings. */
function portsOf(table: string): number[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => Number.parseInt(fields[1]?.split(":")[1] ?? "", 16));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
