/** A server of Istio's Gateway in the model's terms. */
import type { ServerSpec } from "../kinds/istio/gateway-schema.ts";
import type { GatewayProtocol, GatewayTls } from "./model.ts";

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

/** Undefined for plain text, also where `tls` only asks for redirects. */
export function gatewayTls({ tls }: ServerSpec, protocol: GatewayProtocol): GatewayTls | undefined {
  if (!tls || protocol === "HTTP" || protocol === "HTTP2" || protocol === "GRPC") return undefined;
  const names = tls.credentialNames ?? (tls.credentialName ? [tls.credentialName] : []);
  return {
    mode: MODES[tls.mode ?? "PASSTHROUGH"],
    credentialNames: names,
    ...(tls.minProtocolVersion && { minVersion: tls.minProtocolVersion }),
    ...(tls.maxProtocolVersion && { maxVersion: tls.maxProtocolVersion }),
    cipherSuites: tls.cipherSuites ?? [],
  };
}
