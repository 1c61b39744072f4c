/** The service that counts, in this process, with the API's objects in a store; and what proxies need to ask it. */
import {
  create as createMessage,
  fromBinary,
  type JsonValue,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import {
  RateLimitRequestSchema,
  type RateLimitResponse,
  RateLimitResponseSchema,
} from "#envoy/service/ratelimit/v3/rls_pb.js";
import { namespaceKind } from "../../src/kinds/core/namespace.ts";
import { podKind } from "../../src/kinds/core/pod.ts";
import { rateLimitKind } from "../../src/kinds/lateen/rate-limit.ts";
import type { RateLimitSpec, Rule } from "../../src/kinds/lateen/rate-limit-schema.ts";
import { kinds } from "../../src/kinds/registry.ts";
import { type Limiter, startLimiter } from "../../src/rate-limiter/limiter.ts";
import { EmbeddedStore } from "../../src/store/embedded/embedded-store.ts";
import { type KeyPair, type MeshAuthority, meshAuthority } from "../envoy/authorization/certificates.ts";

const LOOPBACK = "127.0.0.1";
const ROOT_NAMESPACE = "istio-system";

export interface LimiterWorld {
  authority: MeshAuthority;
  /** A pod with a proxy, `default/NAME` of its own service account. */
  pod(name: string, labels: Record<string, string>): Promise<KeyPair>;
  limit(name: string, spec: RateLimitSpec): Promise<void>;
  start(options?: { redis?: string; port?: number }): Promise<Limiter>;
  /** The cluster by which an Envoy with this certificate asks them. */
  cluster(own: KeyPair, ports: readonly number[]): JsonValue;
  close(): Promise<void>;
}

export async function limiterWorld(): Promise<LimiterWorld> {
  const store = new EmbeddedStore({ path: ":memory:", kinds });
  for (const name of ["default", ROOT_NAMESPACE]) {
    await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  const authority = await meshAuthority();
  const own = await authority.issue(identity(ROOT_NAMESPACE, "lateen-ratelimit"));
  const running = new Set<Limiter>();
  return {
    authority,
    async pod(name, labels) {
      await store.create(podKind.type, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace: "default", name, labels },
        spec: {
          serviceAccountName: name,
          initContainers: [{ name: "istio-proxy", image: "proxy" }],
          containers: [{ name: "app", image: "app" }],
        },
      });
      return authority.issue(identity("default", name));
    },
    async limit(name, spec) {
      await store.patch(
        rateLimitKind.type,
        { namespace: "default", name },
        { type: "apply", body: { apiVersion: "policy.lateen.dev/v1", kind: "RateLimit", spec } },
        { fieldManager: "test", force: true },
      );
    },
    async start({ redis, port = 0 } = {}) {
      const limiter = await startLimiter({
        store,
        identity: { current: () => ({ ...own, roots: authority.root }), onChange: () => () => {} },
        ...(redis !== undefined && { redis }),
        host: LOOPBACK,
        ports: { proxies: port, probes: 0, account: 0 },
        log: { info: () => {}, warn: () => {} },
      });
      running.add(limiter);
      return limiter;
    },
    cluster: (pair, ports) => limiterCluster(authority, pair, ports),
    async close() {
      await Promise.all([...running].map((limiter) => limiter.close()));
      store.close();
    },
  };
}

function identity(namespace: string, account: string): string {
  return `spiffe://cluster.local/ns/${namespace}/sa/${account}`;
}

export function global(name: string, rest: Omit<Rule, "name" | "scope">): Rule {
  return { name, scope: "Global", ...rest };
}

function limiterCluster({ root }: MeshAuthority, own: KeyPair, ports: readonly number[]): JsonValue {
  const inline = (text: string) => ({ inline_string: text });
  return {
    name: "lateen-ratelimit",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    transport_socket: {
      name: "tls",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        common_tls_context: {
          alpn_protocols: ["istio-h2", "h2"],
          tls_params: { tls_maximum_protocol_version: "TLSv1_3" },
          tls_certificates: [{ certificate_chain: inline(own.certificate), private_key: inline(own.privateKey) }],
          validation_context: {
            trusted_ca: inline(root),
            match_typed_subject_alt_names: [
              { san_type: "URI", matcher: { exact: identity(ROOT_NAMESPACE, "lateen-ratelimit") } },
            ],
          },
        },
      },
    },
    load_assignment: {
      cluster_name: "lateen-ratelimit",
      endpoints: [
        {
          lb_endpoints: ports.map((port) => ({
            endpoint: { address: { socket_address: { address: LOOPBACK, port_value: port } } },
          })),
        },
      ],
    },
  };
}

/** Asks as a proxy would, but whatever it likes. */
export function askLimiter(
  port: number,
  root: string,
  own: KeyPair | undefined,
  question: MessageInitShape<typeof RateLimitRequestSchema>,
): Promise<RateLimitResponse | ServiceError> {
  const pair = own ? [Buffer.from(own.privateKey), Buffer.from(own.certificate)] : [null, null];
  // Its certificate names an identity and no host.
  const options = { checkServerIdentity: () => undefined };
  const client = new Client(
    `${LOOPBACK}:${port}`,
    credentials.createSsl(Buffer.from(root), pair[0] ?? null, pair[1] ?? null, options),
  );
  const request = createMessage(RateLimitRequestSchema, question);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit",
      (value: typeof request) => Buffer.from(toBinary(RateLimitRequestSchema, value)),
      (bytes: Buffer) => fromBinary(RateLimitResponseSchema, bytes),
      request,
      { deadline: Date.now() + 20_000 },
      (error: ServiceError | null, response?: RateLimitResponse) => {
        client.close();
        if (response) resolve(response);
        else if (error) resolve(error);
      },
    );
  });
}
