/** Mutual TLS between proxies: what both sides of it have in common. */
import {
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType as San,
  TlsParameters_TlsProtocol as Version,
} from "#envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { CommonTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { MeshSettings } from "../mesh/model.ts";
import { trustDomainsOf } from "../mesh/spiffe.ts";
import type { Fields } from "./any.ts";
import { type CommonTls, sdsCertificate, sdsRoots, subjectAltNames } from "./clusters/tls-contexts.ts";
import { MESH_ROOTS, OWN_CERTIFICATE } from "./names.ts";

export interface MeshTls {
  trustDomains: readonly string[];
  minVersion: MeshSettings["meshTls"]["minVersion"];
  /** For TLS 1.2; empty: Envoy's own. */
  cipherSuites: readonly string[];
  /** Where the proxy has its own certificate from, and whom it trusts; absent: from the control plane. */
  identity?: "Socket";
}

export function meshTlsOf(settings: MeshSettings, identity?: "Socket"): MeshTls {
  return { trustDomains: trustDomainsOf(settings), ...settings.meshTls, ...(identity && { identity }) };
}

/**
 * What a client offers, so that the server's sidecar tells its connections from those of others who speak TLS to the
 * application itself, and requests from bytes. The names are Istio's.
 */
export const MESH_HTTP = ["istio-http/1.0", "istio-http/1.1", "istio-h2"] as const;
export const MESH_TCP = ["istio", "istio-peer-exchange"] as const;

/** @param names The identities of which the peer must have one; without any, all of the mesh's. */
export function meshContext(
  { trustDomains, minVersion, cipherSuites, identity }: MeshTls,
  alpnProtocols: readonly string[],
  names: readonly string[] = [],
): CommonTls {
  return {
    alpnProtocols: [...alpnProtocols],
    tlsParams: meshParameters(minVersion, cipherSuites),
    ...sdsCertificate(OWN_CERTIFICATE, identity),
    ...sdsRoots(MESH_ROOTS, names.length > 0 ? subjectAltNames(names) : members(trustDomains), identity),
  };
}

function meshParameters(
  minVersion: MeshTls["minVersion"],
  cipherSuites: readonly string[],
): NonNullable<Fields<typeof CommonTlsContextSchema>["tlsParams"]> {
  return {
    tlsMinimumProtocolVersion: minVersion === "TLSV1_2" ? Version.TLSv1_2 : Version.TLSv1_3,
    // a client's own default would be TLS 1.2
    tlsMaximumProtocolVersion: Version.TLSv1_3,
    // those of TLS 1.3 are not a matter of choice
    ...(minVersion === "TLSV1_2" && { cipherSuites: [...cipherSuites] }),
  };
}

function members(trustDomains: readonly string[]): Fields<typeof CertificateValidationContextSchema> {
  return {
    matchTypedSubjectAltNames: trustDomains.map((trustDomain) => ({
      sanType: San.URI,
      matcher: { matchPattern: { case: "prefix", value: `spiffe://${trustDomain}/` } },
    })),
  };
}
