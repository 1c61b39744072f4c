/** A WebSocket to the node that speaks Kubernetes' channels: each message begins with its channel's number. */
import { WebSocket } from "ws";

export interface NodeChannel {
  send(channel: number, data: Buffer): void;
  close(): void;
}

export interface NodeChannelEvents {
  onMessage(channel: number, data: Buffer): void;
  /** Once, with the reason when it was not the node's doing as planned. */
  onClose(error: string | undefined): void;
}

export function openNodeChannel(socketPath: string, path: string, events: NodeChannelEvents): NodeChannel {
  const socket = new WebSocket(`ws+unix:${socketPath}:${path}`, ["v5.channel.k8s.io", "v4.channel.k8s.io"]);
  const waiting: Buffer[] = [];
  let closed = false;
  const finish = (error: string | undefined): void => {
    if (closed) return;
    closed = true;
    events.onClose(error);
  };
  socket.on("open", () => {
    for (const message of waiting.splice(0)) socket.send(message);
  });
  socket.on("message", (data) => {
    const message = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
    events.onMessage(message[0] ?? 0, message.subarray(1));
  });
  socket.on("close", () => finish(undefined));
  socket.on("unexpected-response", (_, response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => finish(messageOf(Buffer.concat(chunks).toString())));
  });
  socket.on("error", (error) => finish(`the node does not answer: ${error.message}`));
  return {
    send(channel, data) {
      const message = Buffer.concat([Buffer.from([channel]), data]);
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
    },
    close: () => socket.close(),
  };
}

/** Of a Status, its message. */
function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === "object" && status !== null && "message" in status) return String(status.message);
  } catch {
    // Not a Status: as it is.
  }
  return text;
}
