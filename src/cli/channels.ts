/**
 * Streams into a pod over the Kubernetes API's WebSocket protocol (v4 and v5.channel.k8s.io): the first byte of a
 * message is its channel. Our API and a real kube-apiserver speak it alike.
 */
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import type { Connection } from "../store/cluster/connection.ts";
import { refusal } from "../store/cluster/http.ts";

/** Opens the channels at this path. Rejects with the API's refusal, or the reason why it was not reached. */
export async function openChannels(
  connection: Connection,
  path: string,
  protocols: readonly string[],
): Promise<WebSocket> {
  const { server, ca, clientCertificate, clientKey, serverName, insecure } = connection;
  const url = new URL(server.pathname.replace(/\/$/, "") + path, server);
  url.protocol = server.protocol === "http:" ? "ws:" : "wss:";
  const token = await connection.token?.();
  const socket = new WebSocket(url, [...protocols], {
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && { cert: clientCertificate }),
    ...(clientKey !== undefined && { key: clientKey }),
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: insecure !== true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.on("open", () => {
    // What came along with the answer waits until whoever asked listens.
    socket.pause();
    setImmediate(() => socket.resume());
    resolve(socket);
  });
  socket.on("unexpected-response", (_request, response) => {
    const { statusCode: status = 0, socket: connection } = response;
    text(response)
      .then((body) => reject(refusal(status, body)), reject)
      // Left open, the connection would keep this process for minutes.
      .finally(() => connection.destroy());
  });
  socket.on("error", reject);
  return promise;
}

export function framed(channel: number, data: Uint8Array | string): Buffer {
  return Buffer.concat([Buffer.of(channel), Buffer.from(data)]);
}
