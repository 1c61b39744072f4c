/** Calls in tests, compactly, and what becomes of them at a listener. */
import { request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { KeyPair } from "./certificates.ts";

export interface CallSpec {
  /** The client's identity: `default/sleep`, or a whole URI. Absent: plain text. */
  as?: string;
  /** Default: HTTP. */
  layer?: "TCP";
  method?: string;
  path?: string;
  host?: string;
  headers?: Readonly<Record<string, string>>;
  /** What a valid token of the client claims. Absent: none. */
  claims?: Readonly<Record<string, unknown>>;
  /** The client's address. */
  from?: string;
  sni?: string;
}

export interface Outcome {
  allowed: boolean;
  status: number;
  body: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Target {
  address: string;
  port: number;
}

export interface Credentials extends KeyPair {
  root: string;
}

const MOST_MS = 10_000;

export function httpCall(
  target: Target,
  call: CallSpec,
  identity: Credentials | undefined,
  token?: string,
): Promise<Outcome> {
  const options: RequestOptions = {
    host: target.address,
    port: target.port,
    method: call.method ?? "GET",
    path: call.path ?? "/",
    agent: false,
    timeout: MOST_MS,
    headers: {
      host: call.host ?? "app",
      ...call.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    localAddress: call.from ?? "127.0.0.1",
  };
  return new Promise((resolve, reject) => {
    const request = identity ? tlsRequest({ ...options, ...clientTls(identity, call) }) : plainRequest(options);
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ allowed: status === 200, status, body, headers });
      });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${MOST_MS} ms`)));
    request.on("error", reject);
    request.end();
  });
}

/** Allowed is what gets its bytes back. */
export function tcpCall(target: Target, call: CallSpec, identity: Credentials | undefined): Promise<Outcome> {
  const to = { host: target.address, port: target.port, localAddress: call.from ?? "127.0.0.1" };
  return new Promise((resolve, reject) => {
    const socket: Socket = identity
      ? connectTls({ ...to, ...clientTls(identity, call), ALPNProtocols: ["istio"] })
      : connect(to);
    let body = "";
    const end = (): void => {
      socket.destroy();
      resolve({ allowed: body === "hello", status: 0, body, headers: {} });
    };
    socket.on("data", (chunk) => {
      body += chunk;
      if (body === "hello") end();
    });
    socket.setTimeout(MOST_MS, () => socket.destroy(new Error(`no answer within ${MOST_MS} ms`)));
    socket.on("close", end);
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? end() : reject(error)));
    socket.write("hello");
  });
}

function clientTls({ certificate, privateKey, root }: Credentials, { sni }: CallSpec) {
  return {
    cert: certificate,
    key: privateKey,
    ca: root,
    servername: sni ?? "",
    // it is the server that is tried here
    checkServerIdentity: () => undefined,
  };
}
