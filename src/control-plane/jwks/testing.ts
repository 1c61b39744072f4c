/** For tests: public addresses whose connections end at servers of the test, and what was asked of them. */
import { createServer, type RequestListener, type Server } from "node:http";
import { connect, type Server as NetServer } from "node:net";
import type { TestContext } from "node:test";
import type { FetchOptions } from "./guarded-fetch.ts";

export const PUBLIC = "203.0.113.7";

export interface TestNetwork {
  options: FetchOptions;
  /** `address:port` of each connection. */
  connected: string[];
  /** Names that were looked up. */
  resolved: string[];
}

/** `names`: what they resolve to; a list of lists answers differently each time. */
export function testNetwork(port: number, names: Record<string, readonly string[]> = {}): TestNetwork {
  const connected: string[] = [];
  const resolved: string[] = [];
  return {
    connected,
    resolved,
    options: {
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      rules: { allowedNetworks: [], allowedHosts: [], isInternal: () => false },
      network: {
        resolve: async (host) => {
          resolved.push(host);
          return names[host] ?? [PUBLIC];
        },
        connect: async (address, at) => {
          connected.push(`${address}:${at}`);
          return connect(port, "127.0.0.1");
        },
      },
    },
  };
}

export async function serve(t: TestContext, answer: RequestListener): Promise<number> {
  return listen(t, createServer(answer));
}

export async function listen(t: TestContext, server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}
