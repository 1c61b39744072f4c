import type { Any } from "@bufbuild/protobuf/wkt";
import { TlsParameters_TlsProtocol as Version } from "#envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { DownstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { GatewayTls } from "../../mesh/model.ts";
import { pack } from "../any.ts";
import { type CommonTls, sdsCertificate, sdsRoots } from "../clusters/tls-contexts.ts";

/** Istio's names of TLS versions; anything else leaves the choice to Envoy. */
const VERSIONS: Readonly<Record<string, Version>> = {
  TLSV1_0: Version.TLSv1_0,
  TLSV1_1: Version.TLSv1_1,
  TLSV1_2: Version.TLSv1_2,
  TLSV1_3: Version.TLSv1_3,
};

/** TLS that ends at a gateway, with certificates by SDS: `kubernetes://CREDENTIAL`, as Istio names them. */
export function downstreamTls(tls: GatewayTls, alpnProtocols: readonly string[]): Any {
  const certificates = tls.credentialNames.map((name) => `kubernetes://${name}`);
  const mutual = tls.mode === "Mutual" || tls.mode === "OptionalMutual" || tls.mode === "IstioMutual";
  return pack(DownstreamTlsContextSchema, {
    commonTlsContext: {
      alpnProtocols: [...alpnProtocols],
      tlsParams: {
        tlsMinimumProtocolVersion: VERSIONS[tls.minVersion ?? ""] ?? Version.TLSv1_2,
        tlsMaximumProtocolVersion: VERSIONS[tls.maxVersion ?? ""] ?? Version.TLS_AUTO,
        cipherSuites: [...tls.cipherSuites],
      },
      ...own(tls, certificates),
      ...(mutual && clientRoots(tls, certificates)),
    },
    ...(mutual && { requireClientCertificate: tls.mode !== "OptionalMutual" }),
  });
}

function own({ mode }: GatewayTls, certificates: readonly string[]): CommonTls {
  const names = mode === "IstioMutual" ? ["default"] : certificates;
  return {
    tlsCertificateSdsSecretConfigs: names.flatMap((name) => sdsCertificate(name).tlsCertificateSdsSecretConfigs ?? []),
  };
}

function clientRoots({ mode }: GatewayTls, [first = ""]: readonly string[]): CommonTls {
  return sdsRoots(mode === "IstioMutual" ? "ROOTCA" : `${first}-cacert`, []);
}
