/** An Envoy in front of a server that says yes to everything, with rate limits as we write them. */
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import { create, type JsonValue } from "@bufbuild/protobuf";
import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import { address, socketEndpoint } from "../../src/envoy/addresses.ts";
import { json } from "../../src/envoy/json.ts";
import { type HttpParams, httpConnectionManager } from "../../src/envoy/listeners/http-connection-manager.ts";
import type { Rule } from "../../src/kinds/lateen/rate-limit-schema.ts";
import type { RateLimitRule } from "../../src/mesh/security/rate-limit-model.ts";
import { ruleOf } from "../../src/mesh/security/rate-limits.ts";
import type { TokenIssuer } from "../../src/mesh/security/request-authentication.ts";
import { freePort, startStaticEnvoy } from "../envoy/running-envoy.ts";

const LOOPBACK = "127.0.0.1";
const POLICY = { kind: "policy.lateen.dev/RateLimit", namespace: "default", name: "shop" };

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface LimitedEnvoy {
  admin: string;
  ask(path: string, how?: { method?: string; headers?: Record<string, string> }): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * @param clusters Those besides the server's.
 * @param issuers Of tokens.
 */
export async function startLimitedEnvoy(
  role: HttpParams["role"],
  rules: readonly Rule[],
  clusters: readonly JsonValue[] = [],
  issuers: readonly TokenIssuer[] = [],
): Promise<LimitedEnvoy> {
  const server = createServer((_request, response) => response.end("yes"));
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const bound = server.address();
  const serverPort = typeof bound === "object" && bound !== null ? bound.port : 0;
  const port = await freePort();
  const rateLimits = rules.map((rule): RateLimitRule => ruleOf(POLICY, rule));
  const listener = create(ListenerSchema, {
    name: "limited",
    address: address(LOOPBACK, port),
    filterChains: [
      {
        filters: [
          httpConnectionManager({
            role,
            statPrefix: "limited",
            routes: create(RouteConfigurationSchema, {
              virtualHosts: [
                {
                  name: "all",
                  domains: ["*"],
                  routes: [
                    {
                      match: { pathSpecifier: { case: "path", value: "/answered-here" } },
                      action: { case: "directResponse", value: { status: 200 } },
                    },
                    {
                      match: { pathSpecifier: { case: "prefix", value: "/" } },
                      action: { case: "route", value: { clusterSpecifier: { case: "cluster", value: "server" } } },
                    },
                  ],
                },
              ],
            }),
            lazy: false,
            accessLogFile: "",
            policies: { rateLimits, ...(issuers.length > 0 && { authentication: { origins: [], issuers } }) },
          }),
        ],
      },
    ],
  });
  const cluster = create(ClusterSchema, {
    name: "server",
    loadAssignment: { clusterName: "server", endpoints: [{ lbEndpoints: [socketEndpoint(LOOPBACK, serverPort)] }] },
  });
  const envoy = await startStaticEnvoy([json(ClusterSchema, cluster), ...clusters], [json(ListenerSchema, listener)]);
  return {
    admin: envoy.admin,
    ask: (path, how = {}) => ask(port, path, how),
    stop: async () => {
      await envoy.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

function ask(
  port: number,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: LOOPBACK, port, path, method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        body += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** How many of so many requests, one after another, are answered 200. */
export async function passed(envoy: LimitedEnvoy, times: number, ...how: Parameters<LimitedEnvoy["ask"]>) {
  let count = 0;
  for (let i = 0; i < times; i++) if ((await envoy.ask(...how)).status === 200) count++;
  return count;
}
