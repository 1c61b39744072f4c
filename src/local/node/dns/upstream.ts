/** Asks the host's resolvers, from the host's network, on behalf of the agent. */
import { createSocket } from "node:dgram";
import { getServers } from "node:dns";

const TIMEOUT_MS = 1500;

/** The raw response of the first resolver that answers, or undefined. */
export async function askHost(query: Uint8Array): Promise<Uint8Array | undefined> {
  for (const server of getServers().slice(0, 2)) {
    const [address, port] = endpointOf(server);
    const response = await ask(query, address, port);
    if (response) return response;
  }
  return undefined;
}

/** Of an entry as node:dns shows it: `1.2.3.4`, `1.2.3.4:5353`, `::1` or `[::1]:5353`. */
function endpointOf(server: string): [address: string, port: number] {
  const match = /^(?:\[([^\]]+)\]|([\d.]+)):(\d+)$/.exec(server);
  return match ? [match[1] ?? match[2] ?? "", Number(match[3])] : [server, 53];
}

function ask(query: Uint8Array, address: string, port: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const done = (response?: Uint8Array) => {
      clearTimeout(timer);
      socket.close();
      resolve(response);
    };
    const timer = setTimeout(done, TIMEOUT_MS);
    socket.once("error", () => done());
    // The transaction's id comes back in the first two bytes; anything else is not for us.
    socket.on("message", (response) => {
      if (response[0] === query[0] && response[1] === query[1]) done(response);
    });
    socket.send(query, port, address);
  });
}
