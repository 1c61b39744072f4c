/** A connection to a port of a pod's loopback, through the Kubernetes API, which checks who may have it. */
import { request } from "node:http";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { podKind } from "../kinds/core/pod.ts";
import { bytesOf } from "../kubernetes/channels.ts";
import type { Connection } from "../store/cluster/connection.ts";
import { pathOf } from "../store/cluster/path.ts";
import { framed, openChannels } from "./channels.ts";

const DATA = 0;
const ERROR = 1;

export interface PodName {
  namespace: string;
  name: string;
}

/** Rejects with the API's refusal, or the reason why it was not reached. */
export async function portForward(connection: Connection, { namespace, name }: PodName, port: number): Promise<Duplex> {
  const path = pathOf(podKind.type, namespace, name, { ports: port }, "portforward");
  // Of this version, the first message of each channel is the port.
  return streamOf(await openChannels(connection, path, ["v4.channel.k8s.io"]));
}

/** What a pod's HTTP server answers to a GET. */
export async function getFromPod(
  connection: Connection,
  pod: PodName,
  port: number,
  path: string,
): Promise<{ status: number; body: string }> {
  const stream = await portForward(connection, pod, port);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const outgoing = request(
    { path, headers: { host: "localhost", connection: "close" }, createConnection: () => stream },
    (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    },
  );
  outgoing.on("error", reject);
  outgoing.end();
  return promise.finally(() => stream.destroy());
}

function streamOf(socket: WebSocket): Duplex {
  const begun = new Set<number>();
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => socket.send(framed(DATA, chunk), done),
    final: (done) => done(),
    destroy: (error, done) => {
      socket.close();
      done(error);
    },
  });
  socket.on("message", (raw) => {
    const message = bytesOf(raw);
    const channel = message[0] ?? DATA;
    const data = message.subarray(1);
    if (!begun.has(channel)) {
      begun.add(channel);
      return;
    }
    if (channel === ERROR) stream.destroy(new Error(data.toString()));
    else if (channel === DATA) stream.push(data);
  });
  socket.on("close", () => stream.push(null));
  socket.on("error", (error) => stream.destroy(error));
  return stream;
}
