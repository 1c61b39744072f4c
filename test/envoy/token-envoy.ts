/** For tests: one Envoy with a listener of a gateway for each set of issuers, before an application that echoes. */
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import { create } from "@bufbuild/protobuf";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { address } from "../../src/envoy/addresses.ts";
import { json } from "../../src/envoy/json.ts";
import { httpConnectionManager } from "../../src/envoy/listeners/http-connection-manager.ts";
import { outboundClusterName } from "../../src/envoy/names.ts";
import { staticRouteConfiguration } from "../../src/envoy/route-configs.ts";
import { httpRoutes } from "../../src/envoy/routes.ts";
import { virtualHost } from "../../src/envoy/virtual-hosts.ts";
import type { HttpMatch, HttpRoute } from "../../src/mesh/model.ts";
import type { TokenIssuer } from "../../src/mesh/security/request-authentication.ts";
import { freePort, startStaticEnvoy } from "./running-envoy.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** What the application saw. */
  seen: { path?: string; headers: IncomingHttpHeaders };
}

type Headers = Record<string, string | string[]>;

export interface TokenEnvoy {
  /** Asks a listener by its name. */
  call(listener: string, headers: Headers, path?: string, method?: string): Promise<Answer>;
  stop(): Promise<void>;
}

/** Requests go by `routes`; the last one is for all. */
export async function startTokenEnvoy(
  listeners: Readonly<Record<string, readonly TokenIssuer[]>>,
  routes: readonly HttpRoute[] = [routeTo("rest")],
): Promise<TokenEnvoy> {
  const upstream = createServer(({ url, headers }, response) => response.end(JSON.stringify({ path: url, headers })));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const at = upstream.address();
  const upstreamPort = at !== null && typeof at === "object" ? at.port : 0;
  const ports = new Map<string, number>();
  for (const name of Object.keys(listeners)) ports.set(name, await freePort());
  const cluster = {
    name: outboundClusterName({ host: "app", port: 80, subset: "" }),
    load_assignment: {
      cluster_name: "app",
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: upstreamPort } } } },
          ],
        },
      ],
    },
  };
  const all = Object.entries(listeners).map(([name, issuers]) =>
    json(ListenerSchema, listener(name, ports.get(name) ?? 0, issuers, routes)),
  );
  const envoy = await startStaticEnvoy([cluster], all);
  return {
    call: (name, headers, path = "/", method = "GET") => ask(ports.get(name) ?? 0, headers, path, method),
    stop: async () => {
      await envoy.stop();
      upstream.close();
    },
  };
}

/** Marks what it forwards with its name, in the header `x-route`. */
export function routeTo(name: string, ...matches: HttpMatch[]): HttpRoute {
  return {
    name,
    origin: { kind: "networking.istio.io/VirtualService", namespace: "default", name: "route" },
    matches,
    mirrors: [],
    action: { type: "Forward", destinations: [{ host: "app", port: 80, subset: "", weight: 1 }] },
    requestHeaders: { set: { "x-route": name }, add: {}, remove: [] },
  };
}

export function rule(fields: Partial<TokenIssuer> & Pick<TokenIssuer, "issuer" | "jwks">): TokenIssuer {
  return {
    audiences: [],
    headers: [],
    params: [],
    cookies: [],
    forward: false,
    claimHeaders: [],
    spaceDelimitedClaims: [],
    ...fields,
  };
}

function listener(name: string, port: number, issuers: readonly TokenIssuer[], routes: readonly HttpRoute[]): Listener {
  const context = { port: 80, tls: false, defaultRetries: 0, loadBalancerOf: () => undefined };
  const virtualHosts = [virtualHost({ name: "all", domains: ["*"], routes: httpRoutes(routes, context) })];
  const filter = httpConnectionManager({
    role: "Gateway",
    statPrefix: name,
    routes: staticRouteConfiguration({ name, virtualHosts }),
    lazy: false,
    accessLogFile: "",
    policies: { authentication: { origins: [], issuers } },
  });
  return create(ListenerSchema, {
    name,
    address: address("127.0.0.1", port),
    filterChains: [{ filters: [filter] }],
  });
}

function ask(port: number, headers: Headers, path: string, method: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  asked.on("response", async (response) => {
    const body = Buffer.concat(await response.toArray()).toString();
    const seen: Answer["seen"] = response.statusCode === 200 ? JSON.parse(body) : { headers: {} };
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body, seen });
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}
