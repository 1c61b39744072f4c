/**
 * One Envoy with a listener for each table: the inbound listener that we would give to a sidecar with those policies,
 * each on an address of its own, in front of an application that answers whatever reaches it.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { address } from "../../../src/envoy/addresses.ts";
import type { HttpPolicies } from "../../../src/envoy/http-filters/filter.ts";
import { json } from "../../../src/envoy/json.ts";
import { virtualInboundListener } from "../../../src/envoy/listeners/inbound.ts";
import { meshTlsOf } from "../../../src/envoy/mesh-tls.ts";
import { inboundClusterName } from "../../../src/envoy/names.ts";
import type { MeshSettings } from "../../../src/mesh/model.ts";
import type { Authorization } from "../../../src/mesh/security/authorization-model.ts";
import { freePort, type RunningEnvoy, startStaticEnvoy } from "../running-envoy.ts";
import { type CallSpec, type Credentials, httpCall, type Outcome, tcpCall } from "./calls.ts";
import { meshAuthority } from "./certificates.ts";

export const ISSUER = "https://issuer.example.com";

export interface Proxied {
  /** Calls the workload of one table. */
  call(index: number, spec: CallSpec): Promise<Outcome>;
  /** Where that workload is, as its own proxy sees it. */
  target(index: number, spec: CallSpec): { address: string; port: number };
  envoy: RunningEnvoy;
  stop(): Promise<void>;
}

export interface ProxiedOptions {
  settings: MeshSettings;
  accessLogFile?: string;
  /** Besides those of the application. */
  clusters?: readonly JsonValue[];
}

export async function startProxied(
  authorizations: readonly (Authorization | undefined)[],
  { settings, accessLogFile = "", clusters = [] }: ProxiedOptions,
): Promise<Proxied> {
  const authority = await meshAuthority();
  const own = await authority.issue("spiffe://cluster.local/ns/default/sa/app");
  const tokens = await tokenIssuer();
  const application = await startApplication();
  const [httpPort, tcpPort] = [await freePort(), await freePort()];
  const listeners = authorizations.flatMap((authorization, i) =>
    [httpPort, tcpPort].map((port) => {
      const policies: HttpPolicies = { authentication: tokens.authentication, ...(authorization && { authorization }) };
      const protocol = port === httpPort ? "HTTP" : "TCP";
      const listener = virtualInboundListener({
        ports: [{ targetPort: port, protocol, host: "app", servicePort: port }],
        accessLogFile,
        modes: { mode: "Permissive", ports: {} },
        // who is let in is tried by policies alone
        tls: { ...meshTlsOf(settings), trustDomains: ["cluster.local", "other.example", "old.example"] },
        policies,
        requests: settings,
      });
      const bound: Listener = { ...listener, name: `${protocol}-${i}`, address: address(addressOf(i), port) };
      return withSecrets(json(ListenerSchema, bound), own, authority.root);
    }),
  );
  const envoy = await startStaticEnvoy(
    [
      staticCluster(inboundClusterName(httpPort), "127.0.0.1", application.httpPort),
      staticCluster(inboundClusterName(tcpPort), "127.0.0.1", application.tcpPort),
      staticCluster("InboundPassthroughCluster", "127.0.0.1", application.tcpPort),
      staticCluster("BlackHoleCluster", "127.0.0.1", 1),
      ...clusters,
    ],
    listeners,
  );
  const identities = new Map<string, Promise<Credentials>>();
  const identity = async (as: string | undefined): Promise<Credentials | undefined> => {
    if (as === undefined) return undefined;
    const pair = identities.get(as) ?? authority.issue(peerOf(as)).then((each) => ({ ...each, root: authority.root }));
    identities.set(as, pair);
    return pair;
  };
  const target = (index: number, { layer }: CallSpec) => ({
    address: addressOf(index),
    port: layer === "TCP" ? tcpPort : httpPort,
  });
  return {
    envoy,
    target,
    call: async (index, spec) => {
      const to = target(index, spec);
      if (spec.layer === "TCP") return tcpCall(to, spec, await identity(spec.as));
      return httpCall(to, spec, await identity(spec.as), spec.claims && (await tokens.sign(spec.claims)));
    },
    stop: async () => {
      await envoy.stop();
      application.close();
    },
  };
}

/** `default/sleep`, or a whole URI. */
export function peerOf(as: string): string {
  return as.includes("://") ? as : `spiffe://cluster.local/ns/${as.replace("/", "/sa/")}`;
}

/** All of 127.0.0.0/8 is this machine. */
function addressOf(index: number): string {
  return `127.9.${index >> 8}.${index & 255}`;
}

export function staticCluster(name: string, host: string, port: number): JsonObject {
  const { address: value } = { address: { socket_address: { address: host, port_value: port } } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: value } }] }] },
  };
}

export async function startApplication() {
  const http = createHttpServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ path: request.url, headers: request.headers }));
  });
  const tcp = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const portOf = (server: { address(): unknown }): number => {
    const at = server.address();
    return typeof at === "object" && at !== null && "port" in at ? Number(at.port) : 0;
  };
  return {
    httpPort: portOf(http),
    tcpPort: portOf(tcp),
    close: () => {
      http.closeAllConnections();
      http.close();
      tcp.close();
    },
  };
}

async function tokenIssuer() {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), alg: "ES256", kid: "test" };
  return {
    authentication: {
      origins: [],
      issuers: [
        {
          issuer: "",
          audiences: [],
          jwks: JSON.stringify({ keys: [key] }),
          headers: [{ name: "authorization", prefix: "Bearer " }],
          params: [],
          cookies: [],
          forward: true,
          claimHeaders: [],
          spaceDelimitedClaims: [],
        },
      ],
    },
    sign: (claims: Readonly<Record<string, unknown>>) =>
      new SignJWT({ iss: ISSUER, ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "test" })
        .setExpirationTime("1h")
        .sign(privateKey),
  };
}

/** The proxy's certificate and roots stand in the listener, where they would come on its stream. */
function withSecrets(value: JsonValue, own: { certificate: string; privateKey: string }, root: string): JsonValue {
  if (Array.isArray(value)) return value.map((each) => withSecrets(each, own, root));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, each]): [string, JsonValue] => {
    if (name === "tlsCertificateSdsSecretConfigs") {
      const [certificateChain, privateKey] = [own.certificate, own.privateKey].map((pem) => ({ inlineString: pem }));
      return ["tlsCertificates", [{ certificateChain: certificateChain ?? {}, privateKey: privateKey ?? {} }]];
    }
    if (name === "combinedValidationContext" && typeof each === "object" && each !== null && !Array.isArray(each)) {
      const { defaultValidationContext } = each;
      const context = typeof defaultValidationContext === "object" ? defaultValidationContext : {};
      return ["validationContext", { ...context, trustedCa: { inlineString: root } }];
    }
    return [name, withSecrets(each, own, root)];
  });
  return Object.fromEntries(entries);
}
