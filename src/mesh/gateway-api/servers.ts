/** The listeners of the Gateway API as servers of gateway workloads. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { GatewayServer } from "../gateway-model.ts";
import type { GatewayServerContribution } from "../gateways.ts";
import type { GatewayRow } from "./gateways.ts";
import type { Listener } from "./listeners.ts";

const PROTOCOLS: Readonly<Record<string, GatewayServer["protocol"]>> = {
  HTTP: "HTTP",
  HTTPS: "HTTPS",
  TLS: "TLS",
  TCP: "TCP",
};

/** Undefined where nothing is to listen: the listener was refused, or may not use the certificates that it names. */
export function serverOf(listener: Listener): GatewayServer | undefined {
  const { name, owner, port, targetPort, hostname, tls } = listener;
  const protocol = PROTOCOLS[listener.protocol];
  const needsTls = protocol === "HTTPS" || protocol === "TLS";
  if (!protocol || listener.rejected || (needsTls && !tls)) return undefined;
  return {
    origin: owner,
    name,
    port,
    targetPort,
    protocol,
    bind: "",
    hosts: [hostname === "" ? "*" : hostname],
    ...(tls && { tls }),
    httpsRedirect: false,
  };
}

export function wireServers(graph: Graph, gateways: Collection<GatewayRow>): Collection<GatewayServerContribution> {
  return graph.deriveMany<GatewayRow, GatewayServerContribution>("gateway api servers", gateways, (key, gateway) =>
    gateway.workloads.flatMap((workload) =>
      gateway.listeners.flatMap((listener): [string, GatewayServerContribution][] => {
        const server = serverOf(listener);
        if (!server) return [];
        const { targetPort } = server;
        const { createdAt } = gateway;
        return [[`${workload}|${key}|${listener.id}`, { gateway: workload, targetPort, bind: "", createdAt, server }]];
      }),
    ),
  );
}
