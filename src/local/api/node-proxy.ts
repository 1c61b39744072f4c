/**
 * Logs, exec, attach and port forwarding: checked here, then spliced byte for byte to the node's socket, which speaks
 * the rest of the protocol. The node's paths are /logs, /exec, /attach and /portforward, then NAMESPACE/POD[/CONTAINER].
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { StoreError } from "../../store/error.ts";
import type { Store } from "../../store/store.ts";
import { type Exchange, sendError } from "./exchange.ts";
import type { ResourceRequest } from "./request-info.ts";
import { nameOf } from "./resources.ts";
import { badRequest, failure } from "./status.ts";

const NODE_VERBS: Readonly<Record<string, string>> = {
  log: "logs",
  exec: "exec",
  attach: "attach",
  portforward: "portforward",
};

export function isNodeSubresource(info: ResourceRequest): boolean {
  return info.group === "" && info.resource === "pods" && NODE_VERBS[info.subresource ?? ""] !== undefined;
}

/** The path on the node's socket for a request to a pod. */
export async function nodePath(store: Store, info: ResourceRequest, url: URL): Promise<string> {
  const pod = await store.get<Pod>(podKind.type, nameOf(info));
  const query = new URLSearchParams(url.searchParams);
  query.delete("container");
  const { name, namespace = "" } = pod.metadata;
  const verb = NODE_VERBS[info.subresource ?? ""];
  if (!pod.spec.nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const parts = [verb, namespace, name];
  if (verb !== "portforward") parts.push(containerOf(pod, url.searchParams.get("container")));
  return `/${parts.map((part) => encodeURIComponent(part ?? "")).join("/")}?${query}`;
}

function containerOf(pod: Pod, asked: string | null): string {
  const main = pod.spec.containers.map(({ name }) => name);
  const init = (pod.spec.initContainers ?? []).map(({ name }) => name);
  const { name } = pod.metadata;
  if (asked) {
    if ([...main, ...init].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = main;
  if (only !== undefined && main.length === 1) return only;
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(" ")}]` : "";
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(" ")}]${others}`);
}

/** A plain request, such as for logs: the answer streams through. */
export async function proxyToNode(
  store: Store,
  socket: string,
  info: ResourceRequest,
  exchange: Exchange,
): Promise<void> {
  const path = await nodePath(store, info, exchange.url);
  const { request, response } = exchange;
  const upstream = toNode(socket, path, request);
  upstream.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    // Followers of a quiet log want to know at once that it is open.
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  upstream.on("error", (error) => sendError(exchange, nodeAway(error)));
  response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}

/** An upgrade, such as for exec: once the node agrees, the two sockets are one. */
export async function spliceToNode(
  store: Store,
  socket: string,
  info: ResourceRequest,
  url: URL,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  const upstream = toNode(socket, await nodePath(store, info, url), request);
  upstream.on("upgrade", (answer, node, nodeHead) => {
    client.write(headOf(answer));
    if (nodeHead.length > 0) client.write(nodeHead);
    if (head.length > 0) node.write(head);
    client.pipe(node).pipe(client);
    for (const [one, other] of [[client, node] as const, [node, client] as const]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  upstream.on("response", (answer) => {
    client.write(headOf(answer));
    answer.pipe(client);
  });
  upstream.on("error", (error) => refuseUpgrade(client, nodeAway(error)));
  client.on("error", () => upstream.destroy());
  upstream.end();
}

function toNode(socketPath: string, path: string, request: IncomingMessage): ClientRequest {
  // The node trusts its socket, which only its owner can open; the client's token is not for it.
  const { authorization: _, ...headers } = request.headers;
  return httpRequest({ socketPath, path, method: request.method ?? "GET", headers });
}

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    // The body is passed on without its chunks' frames, and ends with the connection.
    if (answer.statusCode !== 101 && answer.rawHeaders[i]?.toLowerCase() === "transfer-encoding") continue;
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export function refuseUpgrade(client: Duplex, error: unknown): void {
  const status = failure(error);
  const body = JSON.stringify(status);
  client.end(
    `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function nodeAway(error: Error): StoreError {
  return new StoreError(
    "ServiceUnavailable",
    `error dialing backend: the node does not answer (${error.message}); see \`lateen status\``,
  );
}
