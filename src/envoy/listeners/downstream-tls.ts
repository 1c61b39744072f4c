import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { type TransportSocket, TransportSocketSchema } from "#envoy/config/core/v3/base_pb.js";
import {
  type CertificateValidationContextSchema,
  CertificateValidationContext_TrustChainVerification as Chain,
  SubjectAltNameMatcher_SanType as San,
  TlsParameters_TlsProtocol as Version,
} from "#envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { DownstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { GatewayTls } from "../../mesh/gateway-model.ts";
import { type Fields, pack } from "../any.ts";
import { type CommonTls, fileCertificate, sdsCertificate, sdsSource } from "../clusters/tls-contexts.ts";
import { type MeshTls, meshContext } from "../mesh-tls.ts";

/** Istio's names of TLS versions; anything else leaves the choice to Envoy. */
const VERSIONS: Readonly<Record<string, Version>> = {
  TLSV1_0: Version.TLSv1_0,
  TLSV1_1: Version.TLSv1_1,
  TLSV1_2: Version.TLSv1_2,
  TLSV1_3: Version.TLSv1_3,
};

export function meshServerSocket(mesh: MeshTls): TransportSocket {
  return tlsSocket(meshServerTls(mesh, ["h2", "http/1.1"]));
}

/** The mesh's mutual TLS: whoever comes shows an identity of the mesh, one of `names` if there are any. */
function meshServerTls(mesh: MeshTls, alpnProtocols: readonly string[], names: readonly string[] = []): Any {
  return pack(DownstreamTlsContextSchema, {
    requireClientCertificate: true,
    commonTlsContext: meshContext(mesh, alpnProtocols, names),
  });
}

export function tlsSocket(context: Any): TransportSocket {
  return create(TransportSocketSchema, {
    name: "envoy.transport_sockets.tls",
    configType: { case: "typedConfig", value: context },
  });
}

/** TLS that ends at a gateway: the mesh's, or with certificates by SDS, or from the proxy's own files. */
export function gatewayTls(tls: GatewayTls, mesh: MeshTls, alpnProtocols: readonly string[]): Any {
  if (tls.mode === "IstioMutual") return meshServerTls(mesh, alpnProtocols, tls.subjectAltNames);
  return pack(DownstreamTlsContextSchema, {
    commonTlsContext: {
      alpnProtocols: [...alpnProtocols],
      tlsParams: {
        tlsMinimumProtocolVersion: VERSIONS[tls.minVersion ?? ""] ?? Version.TLSv1_2,
        tlsMaximumProtocolVersion: VERSIONS[tls.maxVersion ?? ""] ?? Version.TLS_AUTO,
        cipherSuites: [...tls.cipherSuites],
      },
      ...ownCertificates(tls),
      ...(tls.clientRoots !== undefined && clientValidation(tls, tls.clientRoots)),
    },
    ...(tls.clientRoots !== undefined && { requireClientCertificate: tls.mode !== "OptionalMutual" }),
  });
}

function ownCertificates({ certificates }: GatewayTls): CommonTls {
  const contexts = certificates.map((each) =>
    "resource" in each ? sdsCertificate(each.resource) : fileCertificate(each.certificate, each.privateKey),
  );
  return {
    tlsCertificateSdsSecretConfigs: contexts.flatMap((each) => each.tlsCertificateSdsSecretConfigs ?? []),
    tlsCertificates: contexts.flatMap((each) => each.tlsCertificates ?? []),
  };
}

function clientValidation(tls: GatewayTls, roots: NonNullable<GatewayTls["clientRoots"]>): CommonTls {
  const demands: Fields<typeof CertificateValidationContextSchema> = {
    // what the client is called is a URI or a DNS name in its certificate, and the object does not say which
    matchTypedSubjectAltNames: tls.subjectAltNames.flatMap((name) =>
      [San.URI, San.DNS].map((sanType) => ({
        sanType,
        matcher: { matchPattern: { case: "exact", value: name } } as const,
      })),
    ),
    verifyCertificateSpki: [...tls.spkiHashes],
    verifyCertificateHash: [...tls.certificateHashes],
    ...(tls.revocations && { crl: { specifier: { case: "filename", value: tls.revocations } } }),
    ...(tls.acceptUntrusted && { trustChainVerification: Chain.ACCEPT_UNTRUSTED }),
  };
  if (typeof roots === "string") {
    const trustedCa = { specifier: { case: "filename", value: roots } } as const;
    return { validationContextType: { case: "validationContext", value: { ...demands, trustedCa } } };
  }
  return {
    validationContextType: {
      case: "combinedValidationContext",
      value: { defaultValidationContext: demands, validationContextSdsSecretConfig: sdsSource(roots.resource) },
    },
  };
}
