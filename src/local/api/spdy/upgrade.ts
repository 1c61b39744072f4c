/** Upgrades to SPDY, plain or within a WebSocket, as kubectl asks for them. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";

/** A WebSocket whose messages are the bytes of a SPDY session. */
const TUNNEL = "SPDY/3.1+portforward.k8s.io";

export function asksForSpdy(request: IncomingMessage): "plain" | "tunnel" | undefined {
  if (/^spdy\/3\.1$/i.test(request.headers.upgrade ?? "")) return "plain";
  return offered(request).includes(TUNNEL) ? "tunnel" : undefined;
}

function offered(request: IncomingMessage): string[] {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").map((text) => text.trim());
}

const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => TUNNEL });

/** Answers the upgrade, and gives the connection that SPDY is spoken on. */
export function acceptSpdy(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  serve: (connection: Duplex) => void,
): void {
  if (asksForSpdy(request) === "tunnel") {
    sockets.handleUpgrade(request, client, head, (socket) => {
      const stream = createWebSocketStream(socket);
      stream.on("error", () => stream.destroy());
      serve(stream);
    });
    return;
  }
  const versions = (request.headersDistinct["x-stream-protocol-version"] ?? []).flatMap((text) => text.split(/,\s*/));
  const version = PROTOCOLS.find((protocol) => versions.includes(protocol));
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: SPDY/3.1"];
  if (version !== undefined) lines.push(`X-Stream-Protocol-Version: ${version}`);
  client.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) client.unshift(head);
  serve(client);
}

/** Of exec, newest first; and the one of port forwarding. */
const PROTOCOLS = ["v4.channel.k8s.io", "portforward.k8s.io"];
