/** Envoy's rate-limit protocol over mutual TLS: a proxy shows its certificate of the mesh, and is what that says. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { experimental, Server, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import {
  type RateLimitRequest,
  RateLimitRequestSchema,
  type RateLimitResponse,
  RateLimitResponseSchema,
} from "#envoy/service/ratelimit/v3/rls_pb.js";
import { LateenError } from "../errors.ts";
import type { MeshSettings } from "../mesh/model.ts";
import { parseSpiffeId, type SpiffeId, trustDomainsOf } from "../mesh/spiffe.ts";
import { type MeshIdentity, ownCertificates, trustedCertificates } from "./identity.ts";
import { type Limiting, Refusal, shouldRateLimit } from "./should-rate-limit.ts";

export interface LimiterServerOptions {
  limiting: Limiting;
  identity: MeshIdentity;
  settings(): MeshSettings | undefined;
  host: string;
  /** 0 for any that is free. */
  port: number;
  /** A question that could not be answered. */
  onError(error: unknown): void;
}

export interface LimiterServer {
  port: number;
  close(): Promise<void>;
}

type Call = ServerUnaryCall<RateLimitRequest, RateLimitResponse>;

const METHOD = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/** A question holds the values of a few keys. */
const LONGEST_QUESTION = 1024 * 1024;

export async function startLimiterServer(options: LimiterServerOptions): Promise<LimiterServer> {
  const { limiting, identity, settings, host, port, onError } = options;
  const server = new Server({
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": LONGEST_QUESTION,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
  });
  const handle = (call: Call, reply: sendUnaryData<RateLimitResponse>): void => {
    const caller = callerOf(call, settings());
    if (!caller) {
      reply({ code: status.UNAUTHENTICATED, details: "LTN6401: only proxies of the mesh are answered" });
      return;
    }
    shouldRateLimit(limiting, caller, call.request).then(
      (response) => reply(null, response),
      (error: unknown) => {
        onError(error);
        if (error instanceof Refusal) reply({ code: status[error.reason], details: error.message });
        else reply({ code: status.UNAVAILABLE, details: "the counts cannot be reached" });
      },
    );
  };
  server.register(
    METHOD,
    handle,
    (response: RateLimitResponse) => Buffer.from(toBinary(RateLimitResponseSchema, response)),
    (bytes: Buffer) => fromBinary(RateLimitRequestSchema, bytes),
    "unary",
  );
  // Named the other way round in the declarations: the first argument is the server's own certificate.
  const credentials = experimental.createCertificateProviderServerCredentials(
    ownCertificates(identity),
    trustedCertificates(identity),
    true,
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, found) => {
      if (!error) return resolve(found);
      const remedy = "Free the port, or name another.";
      reject(new LateenError("LTN6403", `Cannot listen on ${host}:${port}: ${error.message}`, remedy));
    });
  });
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 500);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

/** TLS has verified the certificate. It has one name, of the mesh's own trust domain or one that is trusted as that. */
function callerOf(call: Call, settings: MeshSettings | undefined): SpiffeId | undefined {
  const names = call.getAuthContext().sslPeerCertificate?.subjectaltname ?? "";
  const uris = names.split(", ").filter((name) => name.startsWith("URI:"));
  const id = uris.length === 1 ? parseSpiffeId(uris[0]?.slice("URI:".length) ?? "") : undefined;
  return id && settings && trustDomainsOf(settings).includes(id.trustDomain) ? id : undefined;
}
