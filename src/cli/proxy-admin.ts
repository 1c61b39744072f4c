/** Talks to a pod's Envoy: a port-forward to its admin port on the pod's loopback. */
import { request } from "node:http";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { LateenError } from "../errors.ts";
import { podKind } from "../kinds/core/pod.ts";
import { bytesOf } from "../kubernetes/channels.ts";
import type { Connection } from "../store/cluster/connection.ts";
import { pathOf } from "../store/cluster/path.ts";
import { framed, openChannels } from "./channels.ts";

const ADMIN_PORT = 15000;
const DATA = 0;
const ERROR = 1;

export interface PodName {
  namespace: string;
  name: string;
}

/** What Envoy's admin interface answers to GET `path`. */
export async function adminGet(connection: Connection, pod: PodName, path: string): Promise<string> {
  const stream = await portForward(connection, pod, ADMIN_PORT);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(
    { path, headers: { host: "localhost", connection: "close" }, createConnection: () => stream },
    (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`Envoy answered ${response.statusCode} to ${path}: ${body}`));
      });
    },
  );
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

async function portForward(connection: Connection, { namespace, name }: PodName, port: number): Promise<Duplex> {
  const path = pathOf(podKind.type, namespace, name, { ports: port }, "portforward");
  try {
    // Of this version, the first message of each channel is the port.
    return streamOf(await openChannels(connection, path, ["v4.channel.k8s.io"]));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LateenError(
      "LTN5006",
      `cannot reach the proxy of pod ${namespace}/${name}: ${why}`,
      "Is it running, and has it a sidecar? See lateen get pods -A.",
    );
  }
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
