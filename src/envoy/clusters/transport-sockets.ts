import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { type TransportSocket, TransportSocketSchema } from "#envoy/config/core/v3/base_pb.js";
import { ProxyProtocolConfig_Version as Version } from "#envoy/config/core/v3/proxy_protocol_pb.js";
import { ProxyProtocolUpstreamTransportSchema } from "#envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js";
import { RawBufferSchema } from "#envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js";
import { UpstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ClientTls, ConnectionPool, Protocol, Service, TrafficPolicy } from "../../mesh/model.ts";
import { type Fields, pack } from "../any.ts";
import { type ClusterName, sidecarServerName } from "../names.ts";
import { isHttp2 } from "./connections.ts";
import { type CommonTls, fileCertificate, fileRoots, sdsCertificate, sdsRoots, validation } from "./tls-contexts.ts";

export interface TlsFiles {
  /** The bundle of public roots on the proxy's file system: for servers whose CA the policy does not name. */
  systemRoots?: string;
  /** Whether proxies have certificates of the mesh. Without them IstioMutual sends plain text, as its servers expect. */
  identity?: boolean;
}

const PUBLIC_ROOTS = "/etc/ssl/certs/ca-certificates.crt";

/** SDS names of a proxy's own certificate and of the mesh's root. */
const OWN_CERTIFICATE = "default";
const MESH_ROOT = "ROOTCA";

interface Server extends ClusterName {
  service: Service;
  protocol: Protocol;
}

export function transportSocket(
  { tls, proxyProtocol, connectionPool }: TrafficPolicy,
  server: Server,
  files: TlsFiles = {},
): Pick<Fields<typeof ClusterSchema>, "transportSocket"> {
  const context = tls && tlsContext(tls, server, connectionPool ?? {}, files);
  const inner = context && socket("envoy.transport_sockets.tls", context);
  if (!proxyProtocol) return inner ? { transportSocket: inner } : {};
  return {
    transportSocket: socket(
      "envoy.transport_sockets.upstream_proxy_protocol",
      pack(ProxyProtocolUpstreamTransportSchema, {
        config: { version: Version[proxyProtocol] },
        transportSocket: inner ?? socket("envoy.transport_sockets.raw_buffer", pack(RawBufferSchema)),
      }),
    ),
  };
}

function socket(name: string, typedConfig: Any): TransportSocket {
  return create(TransportSocketSchema, { name, configType: { case: "typedConfig", value: typedConfig } });
}

function tlsContext(tls: ClientTls, server: Server, pool: ConnectionPool, files: TlsFiles): Any | undefined {
  switch (tls.mode) {
    case "Disable":
      return undefined;
    case "IstioMutual":
      return files.identity ? meshContext(tls, server, pool) : undefined;
    case "Simple":
    case "Mutual":
      return pack(UpstreamTlsContextSchema, {
        sni: tls.sni ?? "",
        commonTlsContext: {
          ...(isHttp2(server.protocol, pool) && { alpnProtocols: ["h2"] }),
          ...(tls.mode === "Mutual" && ownCertificate(tls)),
          ...(!tls.insecureSkipVerify && serverValidation(tls, server, files)),
        },
      });
  }
}

/** Between sidecars: the mesh's certificates, and names by which the server tells its ports and subsets. */
function meshContext(tls: ClientTls, server: Server, pool: ConnectionPool): Any {
  const names = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : server.service.subjectAltNames;
  return pack(UpstreamTlsContextSchema, {
    sni: tls.sni ?? sidecarServerName(server),
    commonTlsContext: {
      alpnProtocols: isHttp2(server.protocol, pool) ? ["istio", "h2"] : ["istio"],
      ...sdsCertificate(OWN_CERTIFICATE),
      ...sdsRoots(MESH_ROOT, names),
    },
  });
}

function ownCertificate({ certificate, credentialName, clientCertificate, privateKey }: ClientTls): CommonTls {
  if (certificate) return sdsCertificate(certificate.resource);
  if (credentialName) return sdsCertificate(`kubernetes://${credentialName}`);
  return clientCertificate && privateKey ? fileCertificate(clientCertificate, privateKey) : {};
}

function serverValidation(tls: ClientTls, { service }: Server, { systemRoots = PUBLIC_ROOTS }: TlsFiles): CommonTls {
  const names = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : service.subjectAltNames;
  if (tls.roots) return sdsRoots(tls.roots.resource, names);
  if (tls.credentialName) return sdsRoots(`kubernetes://${tls.credentialName}-cacert`, names);
  return validation(fileRoots(tls.caCertificates || systemRoots, names));
}
