import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../envoy/running-envoy.ts";
import { eventually } from "../support/eventually.ts";

export interface RedisServer {
  url: string;
  /** What it held is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A real one, that keeps nothing on disk. The set-up for tests installs it. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "lateen-redis-"));
  let kill = async (): Promise<void> => {};
  const start = async (): Promise<void> => {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
    const server = spawn("redis-server", args, { stdio: "ignore" });
    const ended = new Promise<void>((resolve, reject) => {
      server.once("exit", () => resolve());
      server.once("error", reject);
    });
    kill = async () => {
      server.kill("SIGKILL");
      await ended;
    };
    await Promise.race([eventually(() => connects(port)), ended.then(() => Promise.reject(new Error("Redis ended")))]);
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: () => kill(),
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
