import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { type Filter, FilterSchema } from "#envoy/config/listener/v3/listener_components_pb.js";
import { ConfigSchema as SetFilterStateSchema } from "#envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js";
import { TcpProxySchema } from "#envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { Destination } from "../../mesh/model.ts";
import { pack } from "../any.ts";
import { ads } from "../config-sources.ts";
import { noTimeout, seconds } from "../durations.ts";
import { ON_DEMAND_TIMEOUT_S } from "../http-filters/on-demand.ts";
import { MESH_TCP } from "../mesh-tls.ts";
import { type ClusterName, outboundClusterName, parseSidecarServerName, statName } from "../names.ts";
import { weightedOf } from "../routes/actions.ts";
import { accessLogs } from "./access-logs.ts";

export function networkFilter(name: string, config: Any): Filter {
  return create(FilterSchema, { name, configType: { case: "typedConfig", value: config } });
}

/** Sends a connection to a cluster that the proxy already holds. */
export function tcpProxy(cluster: string, accessLogFile: string): Filter {
  return networkFilter(
    TCP_PROXY,
    pack(TcpProxySchema, {
      statPrefix: statName(cluster),
      clusterSpecifier: { case: "cluster", value: cluster },
      accessLog: accessLogs(accessLogFile),
    }),
  );
}

/**
 * Sends a connection to a service, or to several by weight. Their clusters may come when first needed.
 * @param undeclared Clusters that serve requests as well, where the server's proxy must be told that these are bytes.
 */
export function tcpForward(
  destinations: readonly Destination[],
  accessLogFile: string,
  undeclared: readonly string[] = [],
): Filter[] {
  const weighted = weightedOf(destinations);
  const [first, ...others] = weighted;
  if (!first) return [];
  const name = outboundClusterName(first);
  const told = weighted.some((each) => undeclared.includes(outboundClusterName(each)));
  const forward = networkFilter(
    TCP_PROXY,
    pack(TcpProxySchema, {
      statPrefix: statName(name),
      clusterSpecifier:
        others.length === 0
          ? { case: "cluster", value: name }
          : {
              case: "weightedClusters",
              value: { clusters: weighted.map((each) => ({ name: outboundClusterName(each), weight: each.weight })) },
            },
      onDemand: onDemand(),
      accessLog: accessLogs(accessLogFile),
    }),
  );
  return told ? [filterState("envoy.network.application_protocols", MESH_TCP[0]), forward] : [forward];
}

/** `tcp|10.96.0.7:5432`: the cluster that a connection asks for, of which only the address is known. */
export function addressClusterName(ip: string, port: number): string {
  return `tcp|${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

/** The address in such a name; undefined when it is none. */
export function parseAddressClusterName(name: string): { ip: string; port: number } | undefined {
  const match = /^tcp\|(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(name);
  const ip = match?.[1] ?? match?.[2];
  return ip === undefined ? undefined : { ip, port: Number(match?.[3]) };
}

/**
 * Sends a connection to the cluster named after the address that the client asked for, which is fetched on demand: so
 * a service of plain TCP costs nothing until it is used. The cluster's name in the filter state wins over the
 * configured one.
 */
export function tcpByAddress(accessLogFile: string): Filter[] {
  return tcpByName("tcp_by_address", "tcp|%DOWNSTREAM_LOCAL_ADDRESS%", accessLogFile);
}

/** `sni|outbound_.9080_._.reviews.default.svc.cluster.local` */
const BY_SERVER_NAME = "sni|";

/** The part of the mesh that mutual TLS on its way to it asks for; undefined when the name is none of these. */
export function parseServerClusterName(name: string): ClusterName | undefined {
  return name.startsWith(BY_SERVER_NAME) ? parseSidecarServerName(name.slice(BY_SERVER_NAME.length)) : undefined;
}

/** Sends TLS on, as it is, to the service that its server name stands for. The client writes that name: hence the mark. */
export function tcpByServerName(accessLogFile: string): Filter[] {
  return tcpByName("tcp_by_server_name", `${BY_SERVER_NAME}%REQUESTED_SERVER_NAME%`, accessLogFile);
}

function tcpByName(statPrefix: string, format: string, accessLogFile: string): Filter[] {
  const proxy = pack(TcpProxySchema, {
    statPrefix: statName(statPrefix),
    clusterSpecifier: { case: "cluster", value: "unused" },
    onDemand: onDemand(),
    accessLog: accessLogs(accessLogFile),
  });
  return [filterState("envoy.tcp_proxy.cluster", format), networkFilter(TCP_PROXY, proxy)];
}

function filterState(objectKey: string, format: string): Filter {
  const state = pack(SetFilterStateSchema, {
    onNewConnection: [
      {
        key: { case: "objectKey", value: objectKey },
        value: {
          case: "formatString",
          value: {
            format: { case: "textFormatSource", value: { specifier: { case: "inlineString", value: format } } },
          },
        },
      },
    ],
  });
  return networkFilter("envoy.filters.network.set_filter_state", state);
}

const TCP_PROXY = "envoy.filters.network.tcp_proxy";

function onDemand(): MessageInitShape<typeof TcpProxySchema>["onDemand"] & {} {
  return { odcdsConfig: ads(noTimeout()), timeout: seconds(ON_DEMAND_TIMEOUT_S) };
}
