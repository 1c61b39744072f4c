/** A server of Istio's Gateway in the model's terms. */
import type { ServerSpec } from "../kinds/istio/gateway-schema.ts";
import type { ServerTlsSpec } from "../kinds/istio/server-schema.ts";
import { CIPHER_SUITES } from "../kinds/istio/server-tls-checks.ts";
import type { GatewayProtocol, GatewayTls } from "./gateway-model.ts";
import type { HeldCredential } from "./held-credential.ts";

const PROTOCOLS: Readonly<Record<string, GatewayProtocol>> = {
  HTTP: "HTTP",
  HTTPS: "HTTPS",
  GRPC: "GRPC",
  "GRPC-WEB": "GRPC",
  HTTP2: "HTTP2",
  TLS: "TLS",
};

export function serverProtocol({ port }: ServerSpec): GatewayProtocol {
  return PROTOCOLS[port.protocol.toUpperCase()] ?? "TCP";
}

const MODES = {
  PASSTHROUGH: "Passthrough",
  SIMPLE: "Simple",
  MUTUAL: "Mutual",
  AUTO_PASSTHROUGH: "AutoPassthrough",
  ISTIO_MUTUAL: "IstioMutual",
  OPTIONAL_MUTUAL: "OptionalMutual",
} as const;

/** What is looked up for the proxies of one gateway: Secrets of their own namespace. */
export interface TlsContext {
  namespace: string;
  /** Whether there is a Secret, by `namespace/name`. */
  hasSecret(key: string): boolean;
}

/** Undefined for plain text, also where `tls` only asks for redirects. */
export function gatewayTls(
  { tls }: ServerSpec,
  protocol: GatewayProtocol,
  context: TlsContext,
): GatewayTls | undefined {
  if (!tls || protocol === "HTTP" || protocol === "HTTP2" || protocol === "GRPC") return undefined;
  const mode = MODES[tls.mode ?? "PASSTHROUGH"];
  const mutual = mode === "Mutual" || mode === "OptionalMutual";
  const roots = mutual ? clientRoots(tls, context) : undefined;
  return {
    mode,
    certificates: certificates(tls, context),
    ...(roots !== undefined && { clientRoots: roots }),
    ...(tls.caCrl && { revocations: tls.caCrl }),
    subjectAltNames: tls.subjectAltNames ?? [],
    spkiHashes: tls.verifyCertificateSpki ?? [],
    certificateHashes: tls.verifyCertificateHash ?? [],
    ...(tls.minProtocolVersion && { minVersion: tls.minProtocolVersion }),
    ...(tls.maxProtocolVersion && { maxVersion: tls.maxProtocolVersion }),
    cipherSuites: (tls.cipherSuites ?? []).filter((name) => CIPHER_SUITES.has(name)),
  };
}

function credentialNames(tls: ServerTlsSpec): readonly string[] {
  return tls.credentialNames ?? (tls.credentialName ? [tls.credentialName] : []);
}

function certificates(tls: ServerTlsSpec, { namespace }: TlsContext): GatewayTls["certificates"] {
  const held = credentialNames(tls).map(
    (name): HeldCredential => ({
      resource: `kubernetes://${name}`,
      part: "KeyPair",
      kind: "Secret",
      objects: [`${namespace}/${name}`],
    }),
  );
  if (held.length > 0) return held;
  return [tls, ...(tls.tlsCertificates ?? [])].flatMap(({ serverCertificate, privateKey }) =>
    serverCertificate && privateKey ? [{ certificate: serverCertificate, privateKey }] : [],
  );
}

/** A Secret of their own, `NAME-cacert`, comes before roots that stand beside the key pair. */
function clientRoots(tls: ServerTlsSpec, { namespace, hasSecret }: TlsContext): GatewayTls["clientRoots"] {
  const name = tls.caCertCredentialName || credentialNames(tls)[0];
  if (!name) return tls.caCertificates;
  const own = `${namespace}/${name}-cacert`;
  return {
    resource: `kubernetes://${name}-cacert`,
    part: "Roots",
    kind: "Secret",
    objects: [hasSecret(own) ? own : `${namespace}/${name}`],
  };
}
