/**
 * Loads every golden resource into a real Envoy, so that nothing is accepted by us that Envoy refuses. Envoy reads them
 * as static resources of one bootstrap and only validates.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import { ensureEnvoy } from "../../src/envoy/binary/ensure-envoy.ts";
import { bootstrap, KUBERNETES_POD, SIDECAR_MARK } from "../../src/envoy/bootstrap.ts";
import {
  blackHoleCluster,
  inboundPassthroughCluster,
  passthroughCluster,
  stubCluster,
} from "../../src/envoy/clusters.ts";
import { json } from "../../src/envoy/json.ts";
import { staticRouteConfiguration } from "../../src/envoy/route-configs.ts";
import { inboundRouteConfiguration } from "../../src/envoy/routes/inbound.ts";
import { goldenNames, TESTDATA } from "../../src/envoy/testing/golden.ts";
import { blockedVirtualHost, notFoundVirtualHost, passthroughVirtualHost } from "../../src/envoy/virtual-hosts.ts";
import { selfSigned } from "./certificates.ts";

interface Named {
  name: string;
}

let folder: string;
let envoy: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "lateen-goldens-"));
  envoy = await ensureEnvoy();
  const { certificate, privateKey } = await selfSigned();
  writeFileSync(join(folder, "root-cert.pem"), certificate);
  writeFileSync(join(folder, "cert-chain.pem"), certificate);
  writeFileSync(join(folder, "key.pem"), privateKey);
  writeFileSync(join(folder, "token"), "token");
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("Envoy accepts every golden cluster and endpoint, without a deprecation", async () => {
  const settings = { connectTimeoutMs: 10_000 };
  const special = [
    passthroughCluster(settings),
    passthroughCluster(settings, "tcp|10.0.0.1:80"),
    inboundPassthroughCluster(settings),
    blackHoleCluster(settings),
    stubCluster("stub", settings),
  ].map((cluster): Named => JSON.parse(JSON.stringify(json(ClusterSchema, cluster))));
  const endpoints = goldens("endpoints").map((loadAssignment) => ({
    name: `static`,
    type: "STATIC",
    connectTimeout: "1s",
    loadAssignment,
  }));
  const clusters = [...special, ...goldens("clusters").map(startable), ...goldens("inbound-clusters"), ...endpoints];
  await accepts({ clusters: numbered(clusters) });
});

test("Envoy accepts every golden route and virtual host, without a deprecation", async () => {
  const routes = goldens("routes");
  const named = (name: string) => ({ name, domains: [`${name}.example.com`] });
  const others = json(
    RouteConfigurationSchema,
    staticRouteConfiguration({
      name: "others",
      virtualHosts: [
        passthroughVirtualHost(named("passthrough")),
        blockedVirtualHost(named("blocked")),
        notFoundVirtualHost({ name: "none", domains: ["*"] }),
      ],
    }),
  );
  const inbound = json(
    RouteConfigurationSchema,
    inboundRouteConfiguration({ port: 9080, protocol: "HTTP", operation: "reviews:9080/*" }),
  );
  const all = { name: "routes", validateClusters: false, virtualHosts: [{ name: "all", domains: ["*"], routes }] };
  await accepts({ listeners: [all, others, inbound].map((routeConfig, i) => httpListener(routeConfig, 20_000 + i)) });
});

test("Envoy accepts every golden listener, without a deprecation", async () => {
  await accepts({ listeners: apart(numbered(goldens("listeners"))) });
});

test("Envoy accepts the bootstrap of a sidecar, also with a socket mark", async () => {
  await accepts({});
  await accepts({}, SIDECAR_MARK);
});

/**
 * Envoy 1.40 ends with a segmentation fault when a cluster of its bootstrap that needs no other one first waits for a
 * secret by ADS, of which there is none yet. Such a cluster by ADS itself is another matter (worlds/mtls.test.ts).
 */
function startable(cluster: Named & { type?: string; transportSocket?: object }): Named {
  if (cluster.type !== "ORIGINAL_DST" || !cluster.transportSocket) return cluster;
  return Object.assign({}, cluster, { type: "EDS", lbPolicy: "RANDOM", edsClusterConfig: { edsConfig: { ads: {} } } });
}

/** All resources of a concern. */
function goldens(concern: string): Named[] {
  return goldenNames(concern).flatMap((name): Named[] =>
    JSON.parse(
      readFileSync(join(TESTDATA, concern, `${name}.out.json`), "utf8")
        .replaceAll("/etc/certs/", `${folder}/`)
        .replaceAll("/etc/ssl/certs/ca-certificates.crt", `${folder}/root-cert.pem`),
    ).filter((resource: Named | null) => resource !== null),
  );
}

/** Names differ, as Envoy wants within one bootstrap. */
function numbered(resources: readonly Named[]): Named[] {
  return resources.map((resource, i) => ({ ...resource, name: `${resource.name}#${i}` }));
}

/** Each listener gets a port of its own: the golden ones are those of several proxies. */
function apart(listeners: readonly object[]): object[] {
  return listeners.map((listener, i) => ({
    ...listener,
    address: { socketAddress: { address: "127.0.0.1", portValue: 21_000 + i } },
  }));
}

function httpListener(routeConfig: unknown, port: number): object {
  return {
    name: `http-${port}`,
    address: { socketAddress: { address: "127.0.0.1", portValue: port } },
    filterChains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typedConfig: {
              "@type":
                "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              statPrefix: "test",
              routeConfig,
              httpFilters: [
                ["cors", "cors.v3.Cors"],
                ["fault", "fault.v3.HTTPFault"],
                ["router", "router.v3.Router"],
              ].map(([name, type]) => ({
                name: `envoy.filters.http.${name}`,
                typedConfig: { "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}` },
              })),
            },
          },
        ],
      },
    ],
  };
}

async function accepts(resources: { clusters?: object[]; listeners?: object[] }, socketMark?: number): Promise<void> {
  const config = bootstrap({
    type: "sidecar",
    pod: KUBERNETES_POD,
    clusterDomain: "cluster.local",
    xds: {
      address: "istiod.istio-system.svc:15012",
      rootCertificate: join(folder, "root-cert.pem"),
      token: join(folder, "token"),
    },
    ...(socketMark !== undefined && { socketMark }),
  });
  const file = join(folder, "bootstrap.json");
  const own: Partial<Record<string, object[]>> = JSON.parse(JSON.stringify(config.static_resources));
  writeFileSync(
    file,
    JSON.stringify({
      ...config,
      static_resources: {
        clusters: [...(own.clusters ?? []), ...(resources.clusters ?? [])],
        listeners: [...(own.listeners ?? []), ...(resources.listeners ?? [])],
      },
    }),
  );
  const { stderr } = await promisify(execFile)(
    envoy,
    ["--mode", "validate", "-c", file, "--log-level", "warning", "--disable-hot-restart"],
    { maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: { stderr?: string; stdout?: string }) => {
    throw new Error(`Envoy refuses:\n${error.stdout ?? ""}\n${error.stderr ?? error}`);
  });
  const complaints = stderr.split("\n").filter((line) => /deprecated|\[error\]|\[critical\]/i.test(line));
  assert.deepEqual(complaints, []);
}
