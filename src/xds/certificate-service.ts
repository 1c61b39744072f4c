/** `istio.v1.auth.IstioCertificateService`: certificates for callers that keep their keys to themselves. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { status as Code, type Server, type ServerDuplexStream } from "@grpc/grpc-js";
import {
  type IstioCertificateRequest,
  IstioCertificateRequestSchema,
  IstioCertificateResponseSchema,
} from "#proto/istio/v1/auth/ca_pb.js";
import type { Account, Authenticate } from "../identity/authenticator.ts";
import type { CertificateRequest } from "../identity/certificate-request.ts";
import { IdentityError } from "../identity/identity-error.ts";
import type { Log } from "./server.ts";

export interface CertificateServiceOptions {
  authenticate: Authenticate<Account>;
  /** Certificates in PEM, the caller's own first. Rejects with an IdentityError what it does not sign. */
  sign(caller: Account, request: CertificateRequest): Promise<string[]>;
  log: Log;
}

type Call = ServerDuplexStream<IstioCertificateRequest, Uint8Array>;

/** By which Istio's ambient proxies ask for the identities of others: nobody may here. */
const IMPERSONATED = "ImpersonatedIdentity";

/**
 * Its one method takes one request. It is served as a stream all the same, since then nothing is read before the caller
 * is known: this server bounds no message.
 */
export function serveCertificates(server: Server, options: CertificateServiceOptions): void {
  const decode = (bytes: Buffer): IstioCertificateRequest => fromBinary(IstioCertificateRequestSchema, bytes);
  const encode = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  const path = "/istio.v1.auth.IstioCertificateService/CreateCertificate";
  server.register(path, (call: Call) => void answer(call, options), encode, decode, "bidi");
}

async function answer(call: Call, { authenticate, sign, log }: CertificateServiceOptions): Promise<void> {
  const peer = call.getPeer();
  let known: Account | undefined;
  try {
    const authorization = call.metadata.get("authorization")[0];
    const caller = await authenticate(authorization === undefined ? undefined : String(authorization));
    known = caller;
    const request = await first(call);
    if (!request || call.cancelled) return;
    const { namespace, serviceAccount } = caller;
    if (request.metadata && Object.hasOwn(request.metadata, IMPERSONATED)) {
      throw new IdentityError("LTN6022", `${serviceAccount} in ${namespace} asked for the identity of another`);
    }
    const certChain = await sign(caller, { csr: request.csr, ttlMs: Number(request.validityDuration) * 1000 });
    log.info({ peer, namespace, serviceAccount }, "certificate issued on request");
    call.write(toBinary(IstioCertificateResponseSchema, create(IstioCertificateResponseSchema, { certChain })));
    call.end();
  } catch (error) {
    const details = error instanceof IdentityError ? error.text : String(error);
    log.warn({ peer, reason: details }, "certificate refused");
    call.emit("error", { code: codeOf(error, known !== undefined), details });
  }
}

function codeOf(error: unknown, isKnown: boolean): Code {
  // not to know is not to refuse
  if (!(error instanceof IdentityError)) return Code.UNAVAILABLE;
  if (!isKnown) return Code.UNAUTHENTICATED;
  return error.code === "LTN6022" ? Code.PERMISSION_DENIED : Code.INVALID_ARGUMENT;
}

/** Undefined when the caller went away without one. */
function first(call: Call): Promise<IstioCertificateRequest | undefined> {
  return new Promise((resolve) => {
    call.once("data", resolve);
    for (const event of ["end", "cancelled", "error", "close"]) call.once(event, () => resolve(undefined));
  });
}
