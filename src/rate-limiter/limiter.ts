/** The service that counts Global rate limits, as a process. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { followInputs } from "../control-plane/inputs.ts";
import { Graph } from "../engine/graph.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { LIMITER } from "../mesh/security/rate-limit-model.ts";
import type { Store } from "../store/store.ts";
import { ACCOUNT_PORT } from "./account.ts";
import type { Counters } from "./counters.ts";
import type { MeshIdentity } from "./identity.ts";
import { memoryCounters } from "./memory-counters.ts";
import { redisCounters } from "./redis-counters.ts";
import { wireRules } from "./rules.ts";
import { type LimiterServer, startLimiterServer } from "./server.ts";
import { startTally } from "./tally.ts";

export interface LimiterOptions {
  store: Store;
  identity: MeshIdentity;
  /** Where the mesh's settings are. Default: istio-system. */
  namespace?: string;
  /** Of the ConfigMap with them. Default: `istio`. */
  meshConfigMap?: string;
  /** Of Redis or Valkey. Without it this process counts alone. */
  redis?: string;
  /** Where proxies and probes come from. Default: anywhere. */
  host?: string;
  /** Default: 8081 for proxies, 8082 for probes, 9877 on loopback for people. */
  ports?: { proxies: number; probes: number; account: number };
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export interface Limiter {
  /** Where proxies ask. */
  port: number;
  close(): Promise<void>;
}

const PROBE_PORT = 8082;

const PORTS = { proxies: LIMITER.port, probes: PROBE_PORT, account: ACCOUNT_PORT };

export async function startLimiter(options: LimiterOptions): Promise<Limiter> {
  const { store, identity, namespace, meshConfigMap, redis, host = "0.0.0.0", ports = PORTS, log } = options;
  const stop = new AbortController();
  const failed = (doing: string) => (error: unknown) => log.warn({ error: String(error) }, doing);
  let ready = false;
  const probes = await serve(ports.probes, host, ({ url }, response) => {
    response.writeHead(url === "/live" || (url === "/ready" && ready) ? 200 : 503).end();
  });

  const graph = new Graph();
  const inputs = meshInputs(graph);
  const rules = wireRules(graph, inputs);
  await followInputs(graph, inputs, store, {
    signal: stop.signal,
    ...(namespace !== undefined && { namespace }),
    ...(meshConfigMap !== undefined && { meshConfigMap }),
    only: ["rateLimits", "services", "pods", "configMaps"],
    onError: failed("watching the store"),
  });
  const tally = startTally();
  const counters: Counters = redis
    ? await redisCounters({ url: redis, onError: failed("reaching Redis") })
    : memoryCounters();
  graph.onChange(rules.rules, (changes) => {
    for (const [rule, { after }] of changes) {
      if (after) continue;
      counters.forget(rule);
      tally.forget(rule);
    }
  });
  const server: LimiterServer = await startLimiterServer({
    limiting: { rules, counters, tally },
    identity,
    settings: () => rules.settings.get(""),
    host,
    port: ports.proxies,
    onError: failed("answering a proxy"),
  });
  const account = await serve(ports.account, "127.0.0.1", (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(tally.rows()));
  });
  ready = true;
  log.info({ port: server.port, counts: redis ? "in Redis" : "in memory" }, "ready");

  return {
    port: server.port,
    close: async () => {
      ready = false;
      stop.abort();
      await server.close();
      await counters.close();
      for (const each of [account, probes]) each.close();
    },
  };
}

async function serve(
  port: number,
  host: string,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}
