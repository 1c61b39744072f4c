/** How a listener ends TLS, or passes it through. */
import type { GatewayListener, GatewaySpec } from "../../kinds/gateway-api/gateway.ts";
import type { GatewayTls } from "../gateway-model.ts";
import type { HeldCredential } from "../held-credential.ts";
import { type CertificateContext, clientRoots, type KeyPairs, keyPairs } from "./certificates.ts";
import type { Fault } from "./conditions.ts";

export interface ListenerTls {
  /** Undefined where nothing can be shown, ever: what the references name must not be used. */
  tls?: GatewayTls;
  refFault?: Fault;
  /** Why the listener is not accepted: its clients cannot be judged. */
  rejected?: Fault;
}

type Frontend = NonNullable<GatewaySpec["tls"]>["frontend"];

/**
 * Undefined for listeners without TLS.
 * @param frontend What the Gateway demands of clients, which refers to CAs as `gateway` does.
 */
export function listenerTls(
  listener: GatewayListener,
  frontend: Frontend,
  context: CertificateContext,
  gateway = context,
): ListenerTls | undefined {
  const { protocol, tls: { mode, certificateRefs = [], options = {} } = {} } = listener;
  if (protocol !== "HTTPS" && protocol !== "TLS") return undefined;
  if (mode === "Passthrough") return { tls: plainTls("Passthrough", []) };
  const asked = options[TERMINATE_MODE];
  if (asked === "ISTIO_MUTUAL" || asked === "ISTIO_SIMPLE") {
    const message = `${TERMINATE_MODE} ${asked} is not served yet: gateways have no certificates of the mesh`;
    return { rejected: { reason: "UnsupportedValue", message } };
  }
  const pairs = certificateRefs.length > 0 ? keyPairs(certificateRefs, context) : NO_PAIRS;
  const validation = protocol === "HTTPS" ? validationAt(frontend, listener.port) : undefined;
  if (validation) return judgingClients(pairs, validation, gateway);
  const [first] = pairs.held;
  if (first && (asked === "MUTUAL" || asked === "OPTIONAL_MUTUAL")) {
    const tls = plainTls(asked === "MUTUAL" ? "Mutual" : "OptionalMutual", pairs.held);
    return withPairs(pairs, { ...tls, clientRoots: rootsBeside(first, context) });
  }
  return withPairs(pairs, plainTls("Simple", pairs.held));
}

/** Istio's option of listeners, from before the Gateway API had words for it. */
const TERMINATE_MODE = "gateway.istio.io/tls-terminate-mode";

const NO_PAIRS: KeyPairs = {
  held: [],
  fault: { reason: "InvalidCertificateRef", message: "the listener ends TLS and names no certificate" },
};

function validationAt(frontend: Frontend, port: number) {
  const perPort = frontend?.perPort?.find((each) => each.port === port);
  return (perPort ? perPort.tls : frontend?.default)?.validation;
}

function judgingClients(
  pairs: KeyPairs,
  { caCertificateRefs, mode }: NonNullable<ReturnType<typeof validationAt>>,
  gateway: CertificateContext,
): ListenerTls {
  const roots = clientRoots(caCertificateRefs, gateway);
  const refFault = pairs.fault ?? roots.fault;
  if (!roots.held) {
    const message = `no certificate of a client can be judged: ${roots.fault?.message ?? "no CA is named"}`;
    return { ...(refFault && { refFault }), rejected: { reason: "NoValidCACertificate", message } };
  }
  const insecure = mode === "AllowInsecureFallback";
  const tls: GatewayTls = {
    ...plainTls(insecure ? "OptionalMutual" : "Mutual", pairs.held),
    clientRoots: roots.held,
    ...(insecure && { acceptUntrusted: true }),
  };
  return withPairs({ ...pairs, ...(refFault && { fault: refFault }) }, tls);
}

/** As Istio's Gateways have it: in a Secret of their own, `NAME-cacert`, or beside the key pair. */
function rootsBeside({ resource, objects }: HeldCredential, { read, credentials }: CertificateContext): HeldCredential {
  const [pair = ""] = objects;
  const own = `${pair}-cacert`;
  const held = read.get(credentials.secrets, own) ? own : pair;
  return { resource: `${resource}-cacert`, part: "Roots", kind: "Secret", objects: [held] };
}

function plainTls(mode: GatewayTls["mode"], certificates: GatewayTls["certificates"]): GatewayTls {
  return { mode, certificates, subjectAltNames: [], spkiHashes: [], certificateHashes: [], cipherSuites: [] };
}

/** A listener whose Secret is missing stays: proxies that have its certificate go on with it. */
function withPairs({ held, fault }: KeyPairs, tls: GatewayTls): ListenerTls {
  return { ...(held.length > 0 && { tls }), ...(fault && { refFault: fault }) };
}
