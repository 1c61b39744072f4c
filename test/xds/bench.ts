/** A real Envoy on a real delta xDS server whose source the test writes by hand. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEnvoy } from "../../src/envoy/binary/ensure-envoy.ts";
import { Authority } from "../../src/identity/authority.ts";
import { constantAuthority } from "../../src/identity/authority-source.ts";
import { createAuthority } from "../../src/identity/self-signed.ts";
import { type ServerIdentity, serverCertificate } from "../../src/identity/server-certificate.ts";
import { DiscoveryServer } from "../../src/xds/server.ts";
import type { SentReport } from "../../src/xds/session.ts";
import { FakeSource } from "../../src/xds/testing/fake-source.ts";
import { eventually } from "../support/eventually.ts";

const POD = "a";
export const PROXY = `sidecar~127.0.0.1~${POD}.default~default.svc.cluster.local`;

export interface Answer {
  status: number;
  body: string;
  headers: NodeJS.Dict<string | string[]>;
  ms: number;
}

export class Bench {
  readonly source = new FakeSource();
  /** What the server sent, in order. */
  readonly sent: SentReport[] = [];
  server!: DiscoveryServer;
  adminPort = 0;
  token = "one";
  readonly tokensSeen: string[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "lateen-xds-envoy-"));
  readonly #stop = new AbortController();
  readonly #backends: Server[] = [];
  #identity!: ServerIdentity;
  #port = 0;
  #envoy: ChildProcess | undefined;
  #output = "";

  static async start(): Promise<Bench> {
    const bench = new Bench();
    const authority = await Authority.load(await createAuthority("cluster.local"), "test");
    writeFileSync(join(bench.#directory, "root.pem"), authority.roots);
    bench.writeToken("one");
    bench.#identity = await serverCertificate({
      authority: constantAuthority(authority),
      dnsNames: ["localhost"],
      signal: bench.#stop.signal,
      onError: console.error,
    });
    await bench.startServer();
    return bench;
  }

  writeToken(token: string): void {
    writeFileSync(join(this.#directory, "token"), token);
  }

  async startServer({ tokenLifeMs = 3_600_000 } = {}): Promise<void> {
    this.server = new DiscoveryServer({
      source: this.source,
      identity: this.#identity,
      log: { info: () => {}, warn: (fields, message) => console.error(message, fields) },
      lingerMs: 200,
      authenticate: async (authorization) => {
        this.tokensSeen.push(authorization ?? "");
        const expiresAt = Date.now() + tokenLifeMs;
        return { namespace: "default", serviceAccount: "default", pod: POD, podUid: "u", expiresAt };
      },
    });
    this.server.hub.onSent((report) => this.sent.push(report));
    this.#port = await this.server.listen({ host: "127.0.0.1", port: this.#port });
  }

  async startEnvoy(): Promise<void> {
    this.adminPort = await freePort();
    const bootstrap = this.#bootstrap();
    const args = ["--config-yaml", JSON.stringify(bootstrap), "--concurrency", "1", "-l", "warning"];
    const envoy = spawn(await ensureEnvoy(), [...args, "--disable-hot-restart"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    envoy.stderr?.on("data", (chunk: Buffer) => {
      this.#output += chunk;
    });
    this.#envoy = envoy;
    await eventually(async () => {
      const { body } = await this.admin("/ready");
      if (body.trim() !== "LIVE") throw new Error(`Envoy is not ready: ${body}${this.#output}`);
    });
  }

  async stop(): Promise<void> {
    const envoy = this.#envoy;
    if (envoy && envoy.exitCode === null) {
      const exited = new Promise((resolve) => envoy.once("exit", resolve));
      envoy.kill("SIGKILL");
      await exited;
    }
    await this.server.close();
    this.#stop.abort();
    for (const backend of this.#backends) {
      backend.closeAllConnections();
      backend.close();
    }
    rmSync(this.#directory, { recursive: true });
  }

  /** A server that answers with its name; returns its port. */
  async backend(name: string): Promise<number> {
    const server = createServer((_request, response) => response.end(name));
    this.#backends.push(server);
    return listening(server);
  }

  admin(path: string): Promise<Answer> {
    return get(this.adminPort, "admin", path);
  }

  async configDump(): Promise<string> {
    return (await this.admin("/config_dump?include_eds")).body;
  }

  /** The value of one of Envoy's statistics; 0 when it is not there. */
  async stat(name: string): Promise<number> {
    const { body } = await this.admin(`/stats?filter=^${name.replaceAll(".", "\\.")}$`);
    return Number(/: (\d+)/.exec(body)?.[1] ?? 0);
  }

  /** Forgets what was sent so far; resolves when nothing is sent any more. */
  async quiet(): Promise<void> {
    for (let last = -1; last !== this.sent.length || !this.server.hub.status().every(({ synced }) => synced); ) {
      last = this.sent.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.sent.length = 0;
  }

  #bootstrap(): object {
    const source = { ads: {}, resource_api_version: "V3" };
    return {
      node: { id: PROXY, cluster: "default" },
      admin: { address: { socket_address: { address: "127.0.0.1", port_value: this.adminPort } } },
      dynamic_resources: {
        lds_config: source,
        cds_config: source,
        ads_config: {
          api_type: "DELTA_GRPC",
          transport_api_version: "V3",
          set_node_on_first_message_only: true,
          grpc_services: [
            {
              google_grpc: {
                target_uri: `localhost:${this.#port}`,
                stat_prefix: "xds",
                channel_credentials: {
                  ssl_credentials: { root_certs: { filename: join(this.#directory, "root.pem") } },
                },
                credentials_factory_name: "envoy.grpc_credentials.file_based_metadata",
                call_credentials: [
                  {
                    from_plugin: {
                      name: "envoy.grpc_credentials.file_based_metadata",
                      typed_config: {
                        "@type": "type.googleapis.com/envoy.config.grpc_credential.v3.FileBasedMetadataConfig",
                        secret_data: { filename: join(this.#directory, "token") },
                        header_key: "authorization",
                        header_prefix: "Bearer ",
                      },
                    },
                  },
                ],
                channel_args: {
                  args: {
                    "grpc.max_receive_message_length": { int_value: -1 },
                    "grpc.initial_reconnect_backoff_ms": { int_value: 100 },
                    "grpc.max_reconnect_backoff_ms": { int_value: 500 },
                  },
                },
              },
            },
          ],
        },
      },
    };
  }
}

export function get(port: number, host: string, path = "/"): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const call = request({ port, path, headers: { host }, agent: false, timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, body, headers, ms: performance.now() - started });
      });
    });
    call.on("timeout", () => call.destroy(new Error(`no answer from ${host} in 10 s`)));
    call.on("error", reject);
    call.end();
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  return address.port;
}
