/**
 * What the API server passes on to the node: exec, logs and port forwarding, on a unix socket that only
 * the world's owner can open. Whoever reaches it has been authorized there.
 */

import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { PROTOCOLS } from "../../../kubernetes/channels.ts";
import type { Pods } from "../pod/pods.ts";
import type { PodWorker } from "../pod/worker.ts";
import { serveExec } from "./exec.ts";
import { serveLogs } from "./logs.ts";
import { servePortForward } from "./port-forward.ts";
import { Refusal, refusalOf } from "./refuse.ts";

export interface ServeOptions {
  path: string;
  pods: Pods;
  onError(error: unknown): void;
}

export function serveNode({ path, pods, onError }: ServeOptions): Promise<Server> {
  rmSync(path, { force: true });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  const server = createServer((request, response) => {
    answer(request, response, pods).catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (!(error instanceof Refusal)) onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(refusal.code, { "content-type": "application/json" }).end(refusal.body);
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      const call = callOf(request, pods);
      const serve = upgraded(call);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("error", () => webSocket.terminate());
        serve(webSocket);
      });
    } catch (error) {
      refuseUpgrade(socket, refusalOf(error));
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve(server));
  });
}

interface Call {
  verb: string;
  worker: PodWorker;
  container: string | undefined;
  query: URLSearchParams;
}

function callOf(request: IncomingMessage, pods: Pods): Call {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://node");
  const [, verb = "", namespace = "", name = "", container] = pathname.split("/").map(decodeURIComponent);
  const worker = pods.find(namespace, name);
  if (!worker) throw new Refusal("NotFound", `pod "${name}" is not on this node`);
  return { verb, worker, container, query: searchParams };
}

async function answer(request: IncomingMessage, response: ServerResponse, pods: Pods): Promise<void> {
  const { verb, worker, container, query } = callOf(request, pods);
  if (verb === "logs") return serveLogs(worker, containerOf(worker, container), query, response);
  throw new Refusal("BadRequest", `${verb} needs a WebSocket`);
}

function upgraded({ verb, worker, container, query }: Call) {
  if (verb === "exec") return serveExec(worker, containerOf(worker, container), query);
  if (verb === "portforward") return servePortForward(worker, query);
  throw new Refusal("NotFound", `the node does not serve ${verb}`);
}

/** The one named, or the pod's first. */
function containerOf(worker: PodWorker, name: string | undefined): string {
  const { metadata, spec } = worker.pod;
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const found = name ? all.find((container) => container.name === name) : all[0];
  if (!found) throw new Refusal("BadRequest", `container ${name} is not valid for pod ${metadata.name}`);
  return found.name;
}

function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${refusal.code} ${refusal.reason}\r\nContent-Type: application/json\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(refusal.body)}\r\n\r\n${refusal.body}`,
  );
}
