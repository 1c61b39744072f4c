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
import { outboundClusterName, statName } from "../names.ts";
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

/** Sends a connection to a service, or to several by weight. Their clusters may come when first needed. */
export function tcpForward(destinations: readonly Destination[], accessLogFile: string): Filter | undefined {
  const weighted = weightedOf(destinations);
  const [first, ...others] = weighted;
  if (!first) return undefined;
  const name = outboundClusterName(first);
  return networkFilter(
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
  const name = "tcp|%DOWNSTREAM_LOCAL_ADDRESS%";
  const state = pack(SetFilterStateSchema, {
    onNewConnection: [
      {
        key: { case: "objectKey", value: "envoy.tcp_proxy.cluster" },
        value: {
          case: "formatString",
          value: { format: { case: "textFormatSource", value: { specifier: { case: "inlineString", value: name } } } },
        },
      },
    ],
  });
  const proxy = pack(TcpProxySchema, {
    statPrefix: statName("tcp_by_address"),
    clusterSpecifier: { case: "cluster", value: "unused" },
    onDemand: onDemand(),
    accessLog: accessLogs(accessLogFile),
  });
  return [networkFilter("envoy.filters.network.set_filter_state", state), networkFilter(TCP_PROXY, proxy)];
}

const TCP_PROXY = "envoy.filters.network.tcp_proxy";

function onDemand(): MessageInitShape<typeof TcpProxySchema>["onDemand"] & {} {
  return { odcdsConfig: ads(noTimeout()), timeout: seconds(ON_DEMAND_TIMEOUT_S) };
}
