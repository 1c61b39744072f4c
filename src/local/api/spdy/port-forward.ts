/**
 * `kubectl port-forward`: for each connection the client opens two SPDY streams, one for an error and one for data.
 * Each connection becomes a channel pair to the node.
 */
import type { Duplex } from "node:stream";
import { openNodeChannel } from "./node-channel.ts";
import { type SpdyStream, spdySession } from "./session.ts";

/** The node's channels cannot say that one side is done; so much silence after that ends the connection. */
const LINGER_MS = 1000;

/** `pathOf` gives the node's path for a port. */
export function serveSpdyPortForward(client: Duplex, socketPath: string, pathOf: (port: string) => string): void {
  const errors = new Map<string, SpdyStream>();
  const open = new Set<{ close(): void }>();
  spdySession(
    client,
    (stream) => {
      const request = stream.headers.get("requestid") ?? stream.headers.get("port") ?? "";
      if (stream.headers.get("streamtype") === "error") {
        errors.set(request, stream);
        return;
      }
      const error = errors.get(request);
      errors.delete(request);
      const connection = forward(stream, error, socketPath, pathOf(stream.headers.get("port") ?? ""), () => {
        open.delete(connection);
      });
      open.add(connection);
    },
    () => {
      for (const connection of open) connection.close();
    },
  );
}

function forward(
  data: SpdyStream,
  error: SpdyStream | undefined,
  socketPath: string,
  path: string,
  onClose: () => void,
): { close(): void } {
  // The first message on each channel is the port's number, to tell the ports of one connection apart.
  const begun = new Set<number>();
  let linger: NodeJS.Timeout | undefined;
  const node = openNodeChannel(socketPath, path, {
    onMessage(channel, message) {
      linger?.refresh();
      const stream = channel === 0 ? data : error;
      if (begun.has(channel)) return stream && !stream.write(message) ? stream : undefined;
      begun.add(channel);
      return undefined;
    },
    onClose(reason) {
      clearTimeout(linger);
      if (reason !== undefined) error?.write(Buffer.from(reason));
      data.end();
      error?.end();
      onClose();
    },
  });
  data.onData = (bytes) => node.send(0, bytes);
  data.onEnd = () => {
    linger = setTimeout(() => node.close(), LINGER_MS);
  };
  return node;
}
