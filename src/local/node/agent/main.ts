/**
 * The agent: the part of the node that lives in the node's network namespace. It answers DNS, probes pods, and
 * forwards connections; it holds no state that the node process does not send again when it starts.
 *
 * It stays when the node process dies, so that names and gateway ports keep working; the next node process ends it.
 */
import { Server } from "node:net";
import { API_ENDPOINT_PORT, API_SERVICE_IP, DNS_SERVICE_IP, NODE_IP, XDS_PORT } from "../addresses.ts";
import { serveDns } from "../dns/server.ts";
import type { ServiceState } from "../network/service-state.ts";
import { forwardToSocket } from "./forwards.ts";
import { HostPorts } from "./host-ports.ts";
import type { FromAgent, ToAgent } from "./messages.ts";
import { networkProbe } from "./probes.ts";

const [apiSocket = "", xdsSocket = ""] = process.argv.slice(2);

const services = new Map<string, ServiceState>();
const hostPorts = new HostPorts(services);
const waiting = new Map<number, (response: string | undefined) => void>();
let lastQuery = 0;

function tell(message: FromAgent): void {
  if (process.connected) process.send?.(message);
}

function forward(query: Uint8Array): Promise<Uint8Array | undefined> {
  if (!process.connected) return Promise.resolve(undefined);
  const id = ++lastQuery;
  return new Promise((resolve) => {
    waiting.set(id, (response) => resolve(response === undefined ? undefined : Buffer.from(response, "base64")));
    tell({ type: "resolve", id, query: Buffer.from(query).toString("base64") });
  });
}

function receive(message: ToAgent, handle: unknown): void {
  switch (message.type) {
    case "services":
      for (const key of message.removed) services.delete(key);
      for (const service of message.set) services.set(service.key, service);
      return;
    case "listen":
      if (handle instanceof Server) hostPorts.listen(message.id, handle, message.service, message.port);
      return;
    case "unlisten":
      hostPorts.unlisten(message.id);
      return;
    case "probe":
      void networkProbe(message.probe).then((result) => tell({ type: "probed", id: message.id, result }));
      return;
    case "resolved":
      waiting.get(message.id)?.(message.response);
      waiting.delete(message.id);
      return;
  }
}

process.on("message", receive);
process.on("disconnect", () => {
  for (const done of waiting.values()) done(undefined);
  waiting.clear();
});
// A connection that breaks is its two ends' affair; the agent serves all the others.
process.on("uncaughtException", (error) => console.error(error));

await serveDns({ addresses: [DNS_SERVICE_IP, NODE_IP], zone: services, forward });
await forwardToSocket(NODE_IP, XDS_PORT, xdsSocket);
await forwardToSocket(NODE_IP, API_ENDPOINT_PORT, apiSocket);
await forwardToSocket(API_SERVICE_IP, 443, apiSocket);
tell({ type: "ready" });
