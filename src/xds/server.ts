/**
 * The delta xDS server: gRPC in, resources out. It knows proxies, streams, subscriptions and versions, and nothing of
 * what the resources mean beyond the order in which Envoy needs them.
 */
import { rmSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { status as Code, experimental, Server, type ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { type DeltaDiscoveryRequest, DeltaDiscoveryRequestSchema } from "#envoy/service/discovery/v3/discovery_pb.js";
import type { ResourceSource } from "../envoy/resource-source.ts";
import { LateenError } from "../errors.ts";
import type { Authenticate, Caller } from "../identity/authenticator.ts";
import { IdentityError } from "../identity/identity-error.ts";
import type { ServerIdentity } from "../identity/server-certificate.ts";
import { type CertificateServiceOptions, serveCertificates } from "./certificate-service.ts";
import { Hub, type HubOptions } from "./hub.ts";
import { envoyVersion, parseNodeId } from "./node.ts";
import type { Session } from "./session.ts";

/** What the server needs of a logger; pino's fits. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface DiscoveryServerOptions extends HubOptions {
  source: ResourceSource;
  authenticate: Authenticate;
  identity: ServerIdentity;
  log: Log;
  /** Where others than proxies get certificates; absent: nowhere. */
  certificates?: Omit<CertificateServiceOptions, "log">;
}

export type Address = { path: string } | { host: string; port: number };

type Stream = ServerDuplexStream<DeltaDiscoveryRequest, Buffer>;

const SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService";

/** How long an authenticated stream may take to say who it is. */
const FIRST_REQUEST_MS = 10_000;

export class DiscoveryServer {
  readonly hub: Hub;
  readonly #options: DiscoveryServerOptions;
  readonly #server: Server;
  readonly #credentials: ServerCredentials;

  constructor(options: DiscoveryServerOptions) {
    this.#options = options;
    const onError = (proxy: string, error: unknown): void => {
      const reason = error instanceof Error ? error.stack : String(error);
      options.log.warn({ proxy, reason }, "serving a proxy failed; its stream was closed");
    };
    this.hub = new Hub(options.source, { onError, ...options });
    this.#credentials = experimental.createCertificateProviderServerCredentials(
      // Named the other way round in the declarations: the first argument is the server's own certificate.
      provider(options.identity),
      null,
      false,
    );
    this.#server = new Server({
      "grpc.enable_channelz": 0,
      // A proxy that reconnects lists all that it has; who is not authenticated is not read from.
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      // A proxy whose machine vanished is noticed, and one behind a NAT is not forgotten by it.
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
    });
    const decode = (bytes: Buffer): DeltaDiscoveryRequest => fromBinary(DeltaDiscoveryRequestSchema, bytes);
    const handle = (stream: Stream): void => this.#serve(stream);
    this.#server.register(`${SERVICE}/DeltaAggregatedResources`, handle, (bytes: Buffer) => bytes, decode, "bidi");
    const refuse = (stream: Stream): void => {
      const details = "LTN6101: this control plane speaks delta xDS only; set api_type: DELTA_GRPC in ads_config";
      stream.emit("error", { code: Code.UNIMPLEMENTED, details });
    };
    if (options.certificates) serveCertificates(this.#server, { ...options.certificates, log: options.log });
    const raw = (bytes: Buffer): Buffer => bytes;
    this.#server.register(`${SERVICE}/StreamAggregatedResources`, refuse, raw, raw, "bidi");
  }

  /** Returns the port; 0 for a unix socket, whose file is replaced if a dead process left it. */
  listen(address: Address): Promise<number> {
    const unix = "path" in address;
    if (unix) rmSync(address.path, { force: true });
    const target = unix ? `unix:${address.path}` : `${address.host}:${address.port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, this.#credentials, (error, port) => {
        if (error) {
          reject(
            new LateenError("LTN6102", `Cannot listen on ${target}: ${error.message}`, "Free it or name another."),
          );
        } else resolve(unix ? 0 : port);
      });
    });
  }

  async close(): Promise<void> {
    this.hub.close();
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => this.#server.forceShutdown(), 500);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  #serve(stream: Stream): void {
    const { log, authenticate } = this.#options;
    const peer = stream.getPeer();
    const end = (code: Code, details: string): void => {
      stream.emit("error", { code, details });
    };
    const authorization = stream.metadata.get("authorization")[0];
    // Nothing is read before the caller is known: what is unlimited is open to proxies of the mesh only.
    authenticate(authorization === undefined ? undefined : String(authorization)).then(
      (caller) => {
        if (!stream.cancelled) this.#converse(stream, caller, end);
      },
      (error: unknown) => {
        const reason = error instanceof IdentityError ? error.text : String(error);
        log.warn({ peer, reason }, "xDS stream refused");
        // Not to know is not to refuse: the proxy keeps what it has and comes again.
        end(error instanceof IdentityError ? Code.UNAUTHENTICATED : Code.UNAVAILABLE, reason);
      },
    );
  }

  #converse(stream: Stream, caller: Caller, end: (code: Code, details: string) => void): void {
    const { log } = this.#options;
    let session: Session | undefined;
    const silent = setTimeout(() => end(Code.DEADLINE_EXCEEDED, "LTN6103: no request came"), FIRST_REQUEST_MS);
    const expiry = setTimeout(() => stream.end(), streamAge(caller.expiresAt - Date.now()));
    stream.on("data", (request: DeltaDiscoveryRequest) => {
      if (!session) {
        clearTimeout(silent);
        const admitted = this.#admit(stream, caller, request, end);
        if (!admitted) return;
        session = admitted;
      }
      try {
        session.receive(request);
      } catch (error) {
        this.hub.fail(session, error);
      }
    });
    const gone = (): void => {
      clearTimeout(silent);
      clearTimeout(expiry);
      if (!session) return;
      log.info({ proxy: session.proxy.id }, "proxy disconnected");
      this.hub.leave(session);
      session = undefined;
    };
    stream.on("end", () => {
      gone();
      stream.end();
    });
    stream.on("cancelled", gone);
    stream.on("error", gone);
    stream.on("finish", gone);
    stream.on("close", gone);
  }

  #admit(
    stream: Stream,
    caller: Caller,
    request: DeltaDiscoveryRequest,
    end: (code: Code, details: string) => void,
  ): Session | undefined {
    const { log } = this.#options;
    const peer = stream.getPeer();
    const id = request.node?.id ?? "";
    const claimed = parseNodeId(id);
    if (!request.node || !claimed) {
      const details = `LTN6104: the node id ${JSON.stringify(id)} is not TYPE~ADDRESS~POD.NAMESPACE~DOMAIN`;
      log.warn({ peer, node: id }, details);
      end(Code.INVALID_ARGUMENT, details);
      return undefined;
    }
    if (claimed.pod !== caller.pod || claimed.namespace !== caller.namespace) {
      const details =
        `LTN6105: the token is that of pod ${caller.pod} in ${caller.namespace}, ` +
        `the node id says ${claimed.pod} in ${claimed.namespace}`;
      log.warn({ peer, node: id }, details);
      end(Code.PERMISSION_DENIED, details);
      return undefined;
    }
    const { namespace, serviceAccount, pod, podUid } = caller;
    const proxy = {
      id,
      type: claimed.type,
      namespace,
      pod,
      podUid,
      serviceAccount,
      metadata: request.node.metadata ?? {},
      envoyVersion: envoyVersion(request.node),
    };
    log.info({ proxy: id, envoy: proxy.envoyVersion }, "proxy connected");
    return this.hub.accept(proxy, {
      write: (frame, done) => void stream.write(frame, done),
      close: (code, details) => end(code, details),
    });
  }
}

/**
 * How long a stream may live whose token lives for `remaining` milliseconds. A kubelet renews the file at four fifths
 * of a token's life, and Envoy reads it when it connects: so close in the last tenth, or at the end when that is near.
 */
export function streamAge(remaining: number): number {
  const age = remaining < 60_000 ? remaining : Math.min(remaining - 30_000, remaining * 0.9);
  // Timers hold 31 bits of milliseconds.
  return Math.min(Math.max(age, 0), 2 ** 31 - 1);
}

function provider(identity: ServerIdentity) {
  type Listener = (update: { certificate: Buffer; privateKey: Buffer } | null) => void;
  const listeners = new Map<Listener, () => void>();
  const tell = (listener: Listener): void => {
    const { certificate, privateKey } = identity.current();
    listener({ certificate: Buffer.from(certificate), privateKey: Buffer.from(privateKey) });
  };
  return {
    addIdentityCertificateListener(listener: Listener): void {
      listeners.set(
        listener,
        identity.onChange(() => tell(listener)),
      );
      // Later, as grpc-js expects it: told at once, it would not pass the certificate on to the socket it is about.
      process.nextTick(tell, listener);
    },
    removeIdentityCertificateListener(listener: Listener): void {
      listeners.get(listener)?.();
      listeners.delete(listener);
    },
    addCaCertificateListener(): void {},
    removeCaCertificateListener(): void {},
  };
}
