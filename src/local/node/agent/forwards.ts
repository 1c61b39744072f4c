/** Fixed forwards of the node's addresses: to the API server's and the control plane's unix sockets. */
import { connect, createServer, type Server } from "node:net";
import { splice } from "./splice.ts";

export function forwardToSocket(address: string, port: number, path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (incoming) => {
    const outgoing = connect({ path, allowHalfOpen: true });
    splice(incoming, outgoing);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}
