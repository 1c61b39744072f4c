/** Envoy resources for these tests, as small as Envoy takes them. */
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Cluster_DiscoveryType, ClusterSchema } from "#envoy/config/cluster/v3/cluster_pb.js";
import { AddressSchema } from "#envoy/config/core/v3/address_pb.js";
import { ApiVersion, ConfigSourceSchema } from "#envoy/config/core/v3/config_source_pb.js";
import { ClusterLoadAssignmentSchema } from "#envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import { type VirtualHost, VirtualHostSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "#envoy/config/route/v3/route_pb.js";
import { OnDemandSchema } from "#envoy/extensions/filters/http/on_demand/v3/on_demand_pb.js";
import { RouterSchema } from "#envoy/extensions/filters/http/router/v3/router_pb.js";
import {
  HttpConnectionManager_CodecType,
  HttpConnectionManagerSchema,
} from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { encode } from "../../src/envoy/encode.ts";
import type { Resource } from "../../src/envoy/resource.ts";

const ads = () =>
  create(ConfigSourceSchema, {
    configSourceSpecifier: { case: "ads", value: {} },
    resourceApiVersion: ApiVersion.V3,
  });

const about = (name: string) => ({ name, origins: [{ kind: "Service", namespace: "test", name }] });

function loopback(port: number) {
  return create(AddressSchema, {
    address: {
      case: "socketAddress",
      value: { address: "127.0.0.1", portSpecifier: { case: "portValue", value: port } },
    },
  });
}

const onDemand = {
  name: "envoy.filters.http.on_demand",
  configType: {
    case: "typedConfig" as const,
    value: anyPack(OnDemandSchema, create(OnDemandSchema, { odcds: { source: ads(), timeout: { seconds: 3n } } })),
  },
};

/** Listens on a port and takes its routes by RDS; `Lazy`: virtual hosts and clusters on demand. */
export function listener(name: string, port: number, routes: string, mode: "Lazy" | "Eager"): Resource {
  const manager = create(HttpConnectionManagerSchema, {
    codecType: HttpConnectionManager_CodecType.AUTO,
    statPrefix: name,
    routeSpecifier: { case: "rds", value: { configSource: ads(), routeConfigName: routes } },
    httpFilters: [
      ...(mode === "Lazy" ? [onDemand] : []),
      {
        name: "envoy.filters.http.router",
        configType: { case: "typedConfig", value: anyPack(RouterSchema, create(RouterSchema)) },
      },
    ],
  });
  const message = create(ListenerSchema, {
    name,
    address: loopback(port),
    filterChains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            configType: { case: "typedConfig", value: anyPack(HttpConnectionManagerSchema, manager) },
          },
        ],
      },
    ],
  });
  return encode(ListenerSchema, message, about(name));
}

/** One that Envoy cannot accept: it has an address and nothing to do there. */
export function brokenListener(name: string, port: number): Resource {
  return encode(ListenerSchema, create(ListenerSchema, { name, address: loopback(port) }), about(name));
}

/** Takes its virtual hosts by VHDS; `revision` makes it differ. */
export function routeConfiguration(name: string, revision = "1"): Resource {
  const message = create(RouteConfigurationSchema, {
    name,
    vhds: { configSource: ads() },
    responseHeadersToAdd: [{ header: { key: "revision", value: revision } }],
  });
  return encode(RouteConfigurationSchema, message, about(name));
}

export function staticRoutes(name: string, cluster: string): Resource {
  const message = create(RouteConfigurationSchema, { name, virtualHosts: [toCluster("all", ["*"], cluster)] });
  return encode(RouteConfigurationSchema, message, about(name));
}

function toCluster(name: string, domains: string[], cluster: string): VirtualHost {
  return create(VirtualHostSchema, {
    name,
    domains,
    routes: [
      {
        match: { pathSpecifier: { case: "prefix", value: "/" } },
        action: { case: "route", value: { clusterSpecifier: { case: "cluster", value: cluster } } },
      },
    ],
  });
}

export function virtualHost(name: string, domains: string[], cluster: string): Resource {
  return encode(VirtualHostSchema, toCluster(name, domains, cluster), about(name));
}

/** By EDS; `timeoutMs` makes it differ. */
export function cluster(name: string, timeoutMs = 1000): Resource {
  const message = create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ads() },
    connectTimeout: { seconds: BigInt(Math.floor(timeoutMs / 1000)), nanos: (timeoutMs % 1000) * 1_000_000 },
  });
  return encode(ClusterSchema, message, about(name));
}

export function endpoints(name: string, ports: readonly number[]): Resource {
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName: name,
    endpoints: [
      {
        lbEndpoints: ports.map((port) => ({
          hostIdentifier: { case: "endpoint" as const, value: { address: loopback(port) } },
        })),
      },
    ],
  });
  return encode(ClusterLoadAssignmentSchema, message, about(name));
}
