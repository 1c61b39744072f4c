/** How a cluster's connections are encrypted: as its policy says, else by mutual TLS with whoever can end it. */
import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { type TransportSocket, TransportSocketSchema } from "#envoy/config/core/v3/base_pb.js";
import { ProxyProtocolConfig_Version as Version } from "#envoy/config/core/v3/proxy_protocol_pb.js";
import { ProxyProtocolUpstreamTransportSchema } from "#envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js";
import { RawBufferSchema } from "#envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js";
import { UpstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ClientTls, Protocol, Service, TrafficPolicy } from "../../mesh/model.ts";
import { isHttp } from "../../mesh/protocol.ts";
import { type Fields, pack } from "../any.ts";
import { MESHED } from "../endpoints/metadata.ts";
import { type MeshTls, meshContext } from "../mesh-tls.ts";
import { type ClusterName, sidecarServerName } from "../names.ts";
import { isHttp2 } from "./connections.ts";
import { originatedTls } from "./originated-tls.ts";

export interface ServerTls extends MeshTls {
  /** Identities and other names of which a server of the mesh must show one; empty: whoever is of the mesh. */
  names: readonly string[];
  /** Where no policy says: with the endpoints that are marked as able to (endpoints/metadata.ts), with all, or none. */
  auto: "Marked" | "All" | "None";
}

interface Server extends ClusterName {
  service: Service;
  protocol: Protocol;
  /** What comes is a connection of bytes, whatever they say. */
  bytes: boolean;
}

type Sockets = Pick<Fields<typeof ClusterSchema>, "transportSocket" | "transportSocketMatches">;

export function transportSockets(policy: TrafficPolicy, server: Server, mesh: ServerTls): Sockets {
  const { tls } = policy;
  const always = (context?: Any): Sockets => {
    const transportSocket = socketOf(policy, context);
    return transportSocket ? { transportSocket } : {};
  };
  switch (tls?.mode) {
    case "Disable":
      return always();
    case "Simple":
    case "Mutual": {
      const alpn = isHttp2(server.protocol, policy.connectionPool ?? {}) ? ["h2"] : [];
      return always(originatedTls(tls, server.service.subjectAltNames, alpn));
    }
    case "IstioMutual":
      return always(mutualTls(policy, server, mesh, tls));
    case undefined:
      break;
  }
  if (mesh.auto === "None") return always();
  const context = mutualTls(policy, server, mesh);
  if (mesh.auto === "All") return always(context);
  const transportSocket = socketOf(policy, context);
  return {
    ...always(),
    transportSocketMatches: transportSocket
      ? [{ name: "tlsMode-istio", match: MESHED["envoy.transport_socket_match"], transportSocket }]
      : [],
  };
}

/** With the mesh's certificates, and names by which the server tells its ports and subsets. */
function mutualTls(policy: TrafficPolicy, server: Server, mesh: ServerTls, tls?: ClientTls): Any {
  const names = tls && tls.subjectAltNames.length > 0 ? tls.subjectAltNames : mesh.names;
  return pack(UpstreamTlsContextSchema, {
    sni: tls?.sni ?? sidecarServerName(server),
    commonTlsContext: meshContext(mesh, offered(policy, server), names),
  });
}

/** Only for HTTP/2 is the offer meant for whoever ends TLS too; else it is for the choice of the filter chain alone. */
function offered({ connectionPool = {} }: TrafficPolicy, { protocol, bytes }: Server): string[] {
  if (bytes || !isHttp(protocol)) return ["istio"];
  return isHttp2(protocol, connectionPool) ? ["istio-h2", "h2"] : ["istio-http/1.1"];
}

/** @param context Of TLS; without it connections are plain, and there is nothing to say but for the PROXY protocol. */
function socketOf({ proxyProtocol }: TrafficPolicy, context: Any | undefined): TransportSocket | undefined {
  const inner = context && socket("envoy.transport_sockets.tls", context);
  if (!proxyProtocol) return inner;
  return socket(
    "envoy.transport_sockets.upstream_proxy_protocol",
    pack(ProxyProtocolUpstreamTransportSchema, {
      config: { version: Version[proxyProtocol] },
      transportSocket: inner ?? socket("envoy.transport_sockets.raw_buffer", pack(RawBufferSchema)),
    }),
  );
}

function socket(name: string, typedConfig: Any): TransportSocket {
  return create(TransportSocketSchema, { name, configType: { case: "typedConfig", value: typedConfig } });
}
