/** A Kubernetes API with controllers and nothing else, for the node to be a client of. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { type Pod, podKind } from "../../src/kinds/core/pod.ts";
import { kinds } from "../../src/kinds/registry.ts";
import { apiAdmission } from "../../src/local/api/admission/index.ts";
import { startApiServer } from "../../src/local/api/server.ts";
import { startControllers } from "../../src/local/controllers/start.ts";
import { EmbeddedStore } from "../../src/store/embedded/embedded-store.ts";
import type { KubeObject } from "../../src/store/object.ts";

export interface TestApi {
  home: string;
  store: EmbeddedStore;
  pod(name: string): Promise<Pod>;
  create(object: KubeObject): Promise<void>;
  /** Runs a command in a container as `kubectl exec` does. */
  exec(pod: string, container: string, ...command: string[]): Promise<{ output: string; status: string }>;
  logs(pod: string, container: string, query?: string): Promise<string>;
  /** Sends text to a port of the pod's loopback, as port forwarding does; what comes back until it is closed. */
  forward(pod: string, port: number, text: string): Promise<string>;
  /** Stops answering; what is stored stays. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  end(): Promise<void>;
}

export async function startApi(): Promise<TestApi> {
  const home = mkdtempSync(join(tmpdir(), "lateen-node-"));
  const store: EmbeddedStore = new EmbeddedStore({
    path: ":memory:",
    kinds,
    admission: [...apiAdmission(kinds, () => store, home)],
  });
  let api = await startApiServer({ store, kinds, home });
  const ending = new AbortController();
  await startControllers(store, { rootCertificate: api.ca }, ending.signal);
  const socketPath = join(home, "run/node.sock");
  return {
    home,
    store,
    pod: (name) => store.get<Pod>(podKind.type, { namespace: "default", name }),
    create: async (object) => {
      const kind = kinds.find(({ type }) => type.kind === object.kind);
      if (!kind) throw new Error(`unknown kind ${object.kind}`);
      await store.create(kind.type, { ...object, metadata: { namespace: "default", ...object.metadata } });
    },
    exec: (pod, container, ...command) => {
      const query = command.map((word) => `command=${encodeURIComponent(word)}`).join("&");
      const url = `ws+unix://${socketPath}:/exec/default/${pod}/${container}?${query}&stdout=true&stderr=true`;
      const socket = new WebSocket(url, "v5.channel.k8s.io");
      let output = "";
      let status = "";
      socket.on("message", (data: Buffer) => {
        if (data[0] === 3) status = data.subarray(1).toString();
        else output += data.subarray(1).toString();
      });
      return new Promise((resolve, reject) => {
        socket.on("close", () => resolve({ output, status }));
        socket.on("error", reject);
      });
    },
    logs: (pod, container, query = "") =>
      new Promise((resolve, reject) => {
        request({ socketPath, path: `/logs/default/${pod}/${container}?${query}` }, async (response) => {
          let text = "";
          for await (const chunk of response) text += String(chunk);
          resolve(text);
        })
          .on("error", reject)
          .end();
      }),
    forward: (pod, port, text) => {
      const socket = new WebSocket(
        `ws+unix://${socketPath}:/portforward/default/${pod}?port=${port}`,
        "v4.channel.k8s.io",
      );
      let output = "";
      const numbered = new Set<number>();
      socket.on("open", () => socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(text)])));
      socket.on("message", (data: Buffer) => {
        const channel = data[0] ?? 0;
        // The first message on each channel is the port's number.
        if (numbered.has(channel)) output += data.subarray(1).toString();
        else if (data.readUInt16LE(1) === port) numbered.add(channel);
      });
      return new Promise((resolve, reject) => {
        socket.on("close", () => resolve(output));
        socket.on("error", reject);
      });
    },
    leave: () => api.close(),
    comeBack: async () => {
      api = await startApiServer({ store, kinds, home });
    },
    end: async () => {
      ending.abort();
      await api.close();
      store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(25)) {
    if (await Promise.resolve(holds()).catch(() => false)) return;
  }
  throw new Error(`waited in vain until ${what}`);
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}
