/**
 * For tests: a control plane on a store in memory, and two Envoys with the bootstrap of sidecars, but with listeners and
 * clusters of their own: plain HTTP goes into the client's, mutual TLS from there to the server's, by the certificates
 * that each gets on its stream.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { type CertificateTimes, type ControlPlane, startControlPlane } from "../../src/control-plane/control-plane.ts";
import { ensureEnvoy } from "../../src/envoy/binary/ensure-envoy.ts";
import { bootstrap, envoyArgs } from "../../src/envoy/bootstrap.ts";
import { namespaceKind } from "../../src/kinds/core/namespace.ts";
import { podKind } from "../../src/kinds/core/pod.ts";
import { kinds } from "../../src/kinds/registry.ts";
import { EmbeddedStore } from "../../src/store/embedded/embedded-store.ts";
import { freePort } from "../envoy/running-envoy.ts";
import { eventually } from "../support/eventually.ts";
import { get } from "../support/load.ts";

type Name = "client" | "server";

interface Sidecar {
  process: ChildProcess;
  admin: string;
}

export class MutualWorld {
  readonly store = new EmbeddedStore({ path: ":memory:", kinds });
  readonly #directory = mkdtempSync(join(tmpdir(), "lateen-mutual-"));
  readonly #times: CertificateTimes;
  readonly #sidecars = new Map<Name, Sidecar>();
  readonly #app: Server = createServer((_request, response) => response.end("hello"));
  controlPlane!: ControlPlane;
  /** Of the client's Envoy. */
  url = "";
  #xdsPort = 0;

  private constructor(times: CertificateTimes) {
    this.#times = times;
  }

  static async start(times: CertificateTimes): Promise<MutualWorld> {
    const world = new MutualWorld(times);
    try {
      await world.#begin();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    for (const name of ["istio-system", "default"]) {
      await this.store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
    this.#xdsPort = await freePort();
    await this.startControlPlane();
    await new Promise<void>((resolve) => this.#app.listen(0, "127.0.0.1", resolve));
    const at = this.#app.address();
    const appPort = at !== null && typeof at === "object" ? at.port : 0;
    const [plain, mutual] = [await freePort(), await freePort()];
    await this.#startSidecar("server", {
      listeners: [listener(mutual, "app", { "@type": TLS("Downstream"), require_client_certificate: true, ...TRUST })],
      clusters: [cluster("app", appPort)],
    });
    await this.#startSidecar("client", {
      listeners: [listener(plain, "server")],
      clusters: [cluster("server", mutual, { "@type": TLS("Upstream"), ...TRUST })],
    });
    this.url = `http://127.0.0.1:${plain}/`;
    await eventually(async () => {
      const { status, body } = await get(this.url);
      if (status !== 200) throw new Error(`${status} ${body}`);
    });
  }

  async startControlPlane(): Promise<void> {
    this.controlPlane = await startControlPlane({
      store: this.store,
      listen: [{ host: "127.0.0.1", port: this.#xdsPort }],
      certificates: this.#times,
      log: { info: () => {}, warn: console.error, error: console.error },
      // a token of this test is the pod's name
      review: async (token) => {
        const pod = Buffer.from(token.split(".")[1] ?? "", "base64url")
          .toString()
          .slice(8, -2);
        const { metadata } = await this.store.get(podKind.type, { namespace: "default", name: pod });
        return {
          authenticated: true,
          audiences: ["istio-ca"],
          user: {
            username: `system:serviceaccount:default:${pod}`,
            extra: {
              "authentication.kubernetes.io/pod-name": [pod],
              "authentication.kubernetes.io/pod-uid": [metadata.uid ?? ""],
            },
          },
        };
      },
    });
  }

  /** Changes what a pod's workload is called, which is part of its certificate. */
  async relabel(pod: Name, version: string): Promise<void> {
    const body = { metadata: { labels: { version } } };
    await this.store.patch(podKind.type, { namespace: "default", name: pod }, { type: "merge", body });
  }

  /** The certificates that an Envoy holds. */
  async certificates(pod: Name): Promise<{ own: X509Certificate; chain: X509Certificate[]; roots: string[] }> {
    const { body } = await get(`${this.#sidecars.get(pod)?.admin}/config_dump?resource=dynamic_active_secrets`);
    const dump: { configs: { name: string; secret: Record<string, Record<string, { inline_string?: string }>> }[] } =
      JSON.parse(body);
    const text = (name: string, type: string, part: string): string[] =>
      dump.configs
        .filter((each) => each.name === name)
        .flatMap(({ secret }) => {
          const source: { inline_string?: string; inline_bytes?: string } = secret[type]?.[part] ?? {};
          const pem = source.inline_string ?? Buffer.from(source.inline_bytes ?? "", "base64").toString();
          return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
        });
    const [own, ...chain] = text("default", "tls_certificate", "certificate_chain").map(
      (pem) => new X509Certificate(pem),
    );
    if (!own) throw new Error(`${pod} has no certificate`);
    return { own, chain, roots: text("ROOTCA", "validation_context", "trusted_ca") };
  }

  async stop(): Promise<void> {
    for (const { process } of this.#sidecars.values()) {
      const exited = new Promise((resolve) => process.once("exit", resolve));
      if (process.exitCode === null && process.kill("SIGKILL")) await exited;
    }
    this.#app.closeAllConnections();
    this.#app.close();
    await this.controlPlane.close();
    this.store.close();
    rmSync(this.#directory, { recursive: true });
  }

  #file(name: string, type: string, resources: readonly JsonObject[]): JsonObject {
    const path = join(this.#directory, `${name}.json`);
    const typed = resources.map((each) => ({ "@type": `type.googleapis.com/envoy.config.${type}`, ...each }));
    writeFileSync(path, JSON.stringify({ resources: typed }));
    return { path_config_source: { path } };
  }

  async #startSidecar(pod: Name, resources: Record<"listeners" | "clusters", JsonObject[]>): Promise<void> {
    await this.store.create(podKind.type, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, namespace: "default", labels: { app: pod, version: "v1" } },
      spec: { serviceAccountName: pod, containers: [{ name: "istio-proxy", image: "proxy" }] },
    });
    const state = { running: { startedAt: new Date().toISOString() } };
    const running = { name: "istio-proxy", ready: true, restartCount: 0, image: "proxy", imageID: "", state };
    const status = { phase: "Running", podIP: "127.0.0.1", containerStatuses: [running] };
    const name = { namespace: "default", name: pod };
    await this.store.patch(podKind.type, name, { type: "merge", body: { status } }, { subresource: "status" });
    const files = { root: join(this.#directory, `${pod}.pem`), token: join(this.#directory, `${pod}.token`) };
    writeFileSync(files.root, this.controlPlane.authority.anchorRoots());
    writeFileSync(files.token, `e30.${Buffer.from(JSON.stringify({ pod })).toString("base64url")}.s`);
    const config = bootstrap({
      type: "sidecar",
      pod: { name: pod, namespace: "default", ip: "127.0.0.1" },
      clusterDomain: "cluster.local",
      xds: { address: `localhost:${this.#xdsPort}`, rootCertificate: files.root, token: files.token },
    });
    const port = await freePort();
    const { ads_config } = config.dynamic_resources as JsonObject;
    const own = {
      ...config,
      admin: { address: { socket_address: { address: "127.0.0.1", port_value: port } } },
      // by files: what is static would ask for its secrets before there is a stream
      dynamic_resources: {
        ads_config,
        lds_config: this.#file(`${pod}.listeners`, "listener.v3.Listener", resources.listeners),
        cds_config: this.#file(`${pod}.clusters`, "cluster.v3.Cluster", resources.clusters),
      },
      static_resources: {},
    };
    const args = envoyArgs(own as JsonObject, { concurrency: 1, logLevel: "error" });
    const process = spawn(await ensureEnvoy(), args, { stdio: ["ignore", "inherit", "inherit"] });
    const admin = `http://127.0.0.1:${port}`;
    this.#sidecars.set(pod, { process, admin });
    await eventually(async () => {
      if ((await get(`${admin}/ready`)).status !== 200) throw new Error(`Envoy of ${pod} is not ready`);
    });
  }
}

const TLS = (side: "Upstream" | "Downstream"): string =>
  `type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${side}TlsContext`;

const ADS = { ads: {}, resource_api_version: "V3" };

/** Shows the proxy's own certificate, and takes those of the mesh. */
const TRUST: JsonObject = {
  common_tls_context: {
    tls_certificate_sds_secret_configs: [{ name: "default", sds_config: ADS }],
    combined_validation_context: {
      default_validation_context: {
        match_typed_subject_alt_names: [
          { san_type: "URI", matcher: { prefix: "spiffe://cluster.local/ns/default/sa/" } },
        ],
      },
      validation_context_sds_secret_config: { name: "ROOTCA", sds_config: ADS },
    },
  },
};

function transport(tls?: JsonObject): JsonObject {
  return tls ? { transport_socket: { name: "envoy.transport_sockets.tls", typed_config: tls } } : {};
}

function at(port: number): JsonObject {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

/** A connection serves few requests, so that handshakes go on all the time. */
function cluster(name: string, port: number, tls?: JsonObject): JsonObject {
  return {
    name,
    type: "STATIC",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: at(port) } }] }] },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        common_http_protocol_options: { max_requests_per_connection: 5 },
        explicit_http_config: { http_protocol_options: {} },
      },
    },
    ...transport(tls),
  };
}

function listener(port: number, to: string, tls?: JsonObject): JsonObject {
  const router = { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" };
  const route = { match: { prefix: "/" }, route: { cluster: to } };
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: to,
    route_config: { virtual_hosts: [{ name: to, domains: ["*"], routes: [route] }] },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: router }],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  return { name: to, address: at(port), filter_chains: [{ filters, ...transport(tls) }] };
}
