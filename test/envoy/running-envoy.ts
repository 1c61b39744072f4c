import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ensureEnvoy } from "../../src/envoy/binary/ensure-envoy.ts";
import { STATS_CONFIG } from "../../src/envoy/bootstrap/stats.ts";
import { bootstrap, envoyArgs } from "../../src/envoy/bootstrap.ts";

export interface RunningEnvoy {
  /** URL of its admin interface. */
  admin: string;
  stop(): Promise<void>;
}

/** Starts an Envoy with our bootstrap, but with ports of its own and a control plane on a unix socket. */
export async function startEnvoy(socket: string): Promise<RunningEnvoy> {
  const config = bootstrap({
    type: "sidecar",
    pod: { name: "client-1", namespace: "default", ip: "127.0.0.1" },
    clusterDomain: "cluster.local",
    xds: { address: `unix:${socket}`, rootCertificate: "", token: "" },
  });
  const source = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  return run({
    ...config,
    static_resources: {},
    dynamic_resources: {
      lds_config: source,
      cds_config: source,
      ads_config: {
        api_type: "DELTA_GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ google_grpc: { target_uri: `unix:${socket}`, stat_prefix: "xds-grpc" } }],
      },
    },
  });
}

/** Starts an Envoy that has all its resources from the beginning. */
export function startStaticEnvoy(clusters: JsonValue[], listeners: JsonValue[]): Promise<RunningEnvoy> {
  // as in our bootstrap
  const static_layer = { "re2.max_program_size.error_level": 32768 };
  const layers = [
    { name: "static", static_layer },
    { name: "admin", admin_layer: {} },
  ];
  // who asks for secrets must say who it is
  const node = { id: "static", cluster: "static" };
  return run({
    node,
    layered_runtime: { layers },
    stats_config: STATS_CONFIG,
    static_resources: { clusters, listeners },
  });
}

async function run(config: JsonObject): Promise<RunningEnvoy> {
  const port = await freePort();
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
  // in a file: as an argument it could be too long
  const folder = mkdtempSync(join(tmpdir(), "lateen-envoy-"));
  const file = join(folder, "bootstrap.json");
  writeFileSync(file, JSON.stringify({ ...config, admin }));
  const [, , ...options] = envoyArgs({}, { concurrency: 1, logLevel: "error" });
  const process = spawn(await ensureEnvoy(), ["--config-path", file, ...options], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exited = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries++) {
    const ready = await fetch(`${url}/ready`).catch(() => undefined);
    if (ready?.status === 200) return { stop, admin: url };
    await sleep(50);
  }
  await stop();
  throw new Error("Envoy did not become ready within 10 s");
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
