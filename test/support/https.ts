import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type PeerCertificate } from "node:tls";
import type { Answer, Load } from "./load.ts";

export interface HttpsTarget {
  host: string;
  port: number;
  /** Whose certificates the client trusts. */
  ca: string;
  /** The client's own. */
  certificate?: string;
  privateKey?: string;
}

/** One GET of `https://SERVERNAME/PATH` at the target. Rejects when no answer came, or none to be trusted. */
export function httpsGet(
  target: HttpsTarget,
  serverName: string,
  path: string,
  { agent, hostHeader = serverName }: { agent?: Agent | undefined; hostHeader?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { host, port, ca, certificate, privateKey } = target;
  const own = { ...(certificate && { cert: certificate }), ...(privateKey && { key: privateKey }) };
  const headers = { host: hostHeader };
  const options = { host, port, path, servername: serverName, ca, headers, agent: agent ?? false, ...own };
  const outgoing = request(options, (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    response.on("error", reject);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
  });
  outgoing.setTimeout(10_000, () => outgoing.destroy(new Error(`${serverName}${path}: no answer in time`)));
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

/** What a server shows to who asks for a name, and which protocol it takes of those offered. */
export function handshake(
  { host, port, ca }: HttpsTarget,
  serverName: string,
  offered: string[] = [],
): Promise<{ certificate: PeerCertificate; protocol: string | false | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof handshake>>>();
  const socket = connect({ host, port, ca, servername: serverName, ALPNProtocols: offered }, () => {
    resolve({ certificate: socket.getPeerCertificate(), protocol: socket.alpnProtocol });
    socket.end();
  });
  socket.on("error", reject);
  return promise;
}

/** Keeps asking: half of the clients over a connection that they keep, half over a new one each time. */
export function startHttpsLoad(target: HttpsTarget, serverName: string, path: string): Pick<Load, "count" | "stop"> {
  const failures: string[] = [];
  let requests = 0;
  let stopped = false;
  const client = async (agent: Agent | undefined): Promise<void> => {
    while (!stopped) {
      try {
        const { status, body } = await httpsGet(target, serverName, path, { agent });
        if (status !== 200) failures.push(`${status} ${body.slice(0, 200)}`);
      } catch (error) {
        failures.push(String(error));
      }
      requests++;
      await sleep(10);
    }
  };
  const kept = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  const running = [...kept, undefined, undefined].map(client);
  return {
    count: () => requests,
    stop: async () => {
      stopped = true;
      await Promise.all(running);
      for (const agent of kept) agent.destroy();
      return { requests, failures };
    },
  };
}
