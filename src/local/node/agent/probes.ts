/** Probes over the network, from the node's address to a pod's, with the words of Kubernetes' kubelet. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { grpcProbe } from "./grpc-probe.ts";
import type { HttpProbe, NetworkProbe, ProbeResult, TcpProbe } from "./messages.ts";

const BODY_SHOWN = 1024;

export function networkProbe(probe: NetworkProbe): Promise<ProbeResult> {
  switch (probe.type) {
    case "http":
      return httpProbe(probe);
    case "tcp":
      return tcpProbe(probe);
    case "grpc":
      return grpcProbe(probe);
  }
}

function httpProbe(probe: HttpProbe): Promise<ProbeResult> {
  const { scheme, host, port, path, timeoutMs } = probe;
  const url = `${scheme}://${host}:${port}${path.startsWith("/") ? path : `/${path}`}`;
  return new Promise((resolve) => {
    const failed = (why: string) => resolve({ ok: false, message: `Get "${url}": ${why}` });
    const send = scheme === "https" ? httpsRequest : httpRequest;
    const headers = new Headers({ "user-agent": "kube-probe/1.34", accept: "*/*" });
    for (const [name, value] of probe.headers) headers.append(name, value);
    const request = send(
      url,
      // A connection of its own for each probe, as the kubelet makes it; a certificate is not checked.
      { agent: false, headers: Object.fromEntries(headers), rejectUnauthorized: false, timeout: timeoutMs },
      (response) => {
        void textOf(response).then((body) => {
          const status = response.statusCode ?? 0;
          const ok = status >= 200 && status < 400;
          resolve({ ok, message: ok ? body : `HTTP probe failed with statuscode: ${status}` });
        });
      },
    );
    const timer = setTimeout(() => {
      failed("context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
      request.destroy();
    }, timeoutMs);
    request.on("close", () => clearTimeout(timer));
    request.on("error", (error: NodeJS.ErrnoException) => failed(dialError(host, port, error)));
    request.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length >= BODY_SHOWN) break;
    }
  } catch {
    // The status came; a body that breaks off does not change the verdict.
  }
  return text.slice(0, BODY_SHOWN);
}

function tcpProbe({ host, port, timeoutMs }: TcpProbe): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => done({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.once("connect", () => done({ ok: true, message: "" }));
    socket.once("error", (error) => done({ ok: false, message: dialError(host, port, error) }));
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

export function dialError(host: string, port: number, error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNRESET") return "read: connection reset by peer";
  return `dial tcp ${host}:${port}: ${WORDS[error.code ?? ""] ?? error.message}`;
}
