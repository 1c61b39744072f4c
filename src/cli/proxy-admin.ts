/**
 * Talks to a pod's Envoy: a port-forward to its admin port on the pod's loopback, over the Kubernetes API's WebSocket
 * protocol (v4.channel.k8s.io: the first byte of a message is its channel; even channels carry data, odd ones errors;
 * the first message of each channel is the port). Works with our API and a real kube-apiserver alike.
 */
import { request } from "node:http";
import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { LateenError } from "../errors.ts";
import type { Connection } from "../store/cluster/connection.ts";

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
  const url = new URL(`/api/v1/namespaces/${namespace}/pods/${name}/portforward?ports=${port}`, connection.server);
  url.protocol = connection.server.protocol === "http:" ? "ws:" : "wss:";
  const token = await connection.token?.();
  const socket = new WebSocket(url, "v4.channel.k8s.io", {
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(connection.ca !== undefined && { ca: connection.ca }),
    ...(connection.clientCertificate !== undefined && { cert: connection.clientCertificate }),
    ...(connection.clientKey !== undefined && { key: connection.clientKey }),
    rejectUnauthorized: connection.insecure !== true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const unreachable = (why: string): LateenError =>
    new LateenError(
      "LTN5006",
      `cannot reach the proxy of pod ${namespace}/${name}: ${why}`,
      "Is it running? See kubectl get pods.",
    );
  socket.on("open", () => resolve(streamOf(socket)));
  socket.on("unexpected-response", (_request, response) =>
    reject(unreachable(`the API answered ${response.statusCode}`)),
  );
  socket.on("error", (error) => reject(unreachable(error.message)));
  return promise;
}

function streamOf(socket: WebSocket): Duplex {
  const begun = new Set<number>();
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => socket.send(Buffer.concat([Buffer.of(DATA), chunk]), done),
    final: (done) => done(),
    destroy: (error, done) => {
      socket.close();
      done(error);
    },
  });
  socket.on("message", (message: Buffer) => {
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
