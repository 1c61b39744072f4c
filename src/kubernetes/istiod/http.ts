import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../listen.ts";

export interface PlainServer {
  port: number;
  close(): Promise<void>;
}

/** A small HTTP server for probes, metrics and the control plane's account of itself: reads no bodies. */
export async function listenPlain(
  host: string,
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<PlainServer> {
  const server = createServer(handle);
  server.requestTimeout = 10_000;
  return {
    port: await listen(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
