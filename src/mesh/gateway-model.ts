/** What gateways serve, whatever API it was written in. */
import type { HeldCredential } from "./held-credential.ts";
import type { HttpRoute, ObjectRef, TcpRoute } from "./model.ts";

export type GatewayProtocol = "HTTP" | "HTTPS" | "TLS" | "TCP" | "GRPC" | "HTTP2";

/** A key pair in the proxy's own file system. */
export interface KeyPairFiles {
  certificate: string;
  privateKey: string;
}

export interface GatewayTls {
  mode: "Passthrough" | "Simple" | "Mutual" | "OptionalMutual" | "IstioMutual" | "AutoPassthrough";
  /** Several where clients differ in the keys that they understand. */
  certificates: readonly (HeldCredential | KeyPairFiles)[];
  /** Who signs the certificates of clients; a string is a path. */
  clientRoots?: HeldCredential | string;
  /** Certificates of clients that nobody known has signed are taken too: what they say is for the backend to judge. */
  acceptUntrusted?: boolean;
  /** Revoked certificates, as a path. */
  revocations?: string;
  /** Names of which the client's certificate must have one; empty: any. */
  subjectAltNames: readonly string[];
  /** Hashes of which the client's certificate must have one; empty: any. */
  spkiHashes: readonly string[];
  certificateHashes: readonly string[];
  minVersion?: string;
  maxVersion?: string;
  cipherSuites: readonly string[];
}

/** One port of a gateway workload as one API object wants it: of one Gateway server, or one Gateway API listener. */
export interface GatewayServer {
  origin: ObjectRef;
  /** Of the server or listener; "" when it has none. */
  name: string;
  /** As the Service exposes it. */
  port: number;
  /** Where Envoy listens: the Service's target port. */
  targetPort: number;
  protocol: GatewayProtocol;
  bind: string;
  /** `*`, `*.example.com`, `example.com`. */
  hosts: readonly string[];
  tls?: GatewayTls;
  httpsRedirect: boolean;
}

/** The HTTP routes that one host of one gateway port serves. */
export interface GatewayHost {
  /** The table of hosts that it stands in: gateways.ts. */
  table: string;
  /** A domain as Envoy matches it: `*`, `*.example.com`, `example.com`. */
  domain: string;
  routes: readonly HttpRoute[];
}

/** A TCP route of one server. */
export interface GatewayTcpRoute extends TcpRoute {
  /** Of the server: gateways.ts. */
  table: string;
}

/** All that one gateway port serves. */
export interface GatewayPort {
  targetPort: number;
  bind: string;
  servers: readonly GatewayServer[];
  hosts: readonly GatewayHost[];
  tcpRoutes: readonly GatewayTcpRoute[];
}
