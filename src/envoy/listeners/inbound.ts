/** What others' connections to a pod meet in its sidecar: redirected to virtualInbound, told apart by their port. */
import { create } from "@bufbuild/protobuf";
import { TrafficDirection } from "#envoy/config/core/v3/base_pb.js";
import type { Filter, FilterChainSchema } from "#envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { Protocol } from "../../mesh/model.ts";
import { address } from "../addresses.ts";
import type { Fields } from "../any.ts";
import { noTimeout } from "../durations.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  INBOUND_PORT,
  inboundClusterName,
  VIRTUAL_INBOUND,
} from "../names.ts";
import { inboundRouteConfiguration } from "../routes/inbound.ts";
import { httpConnectionManager } from "./http-connection-manager.ts";
import { httpInspector, originalDestination, PLAIN_HTTP } from "./listener-filters.ts";
import { tcpProxy } from "./network-filters.ts";
import { tcpPolicyFilters } from "./policy-filters.ts";

export interface InboundPort {
  /** Where the application listens. */
  targetPort: number;
  protocol: Protocol;
  /** The service's, for traces: the first when there are several. */
  host: string;
  servicePort: number;
}

export interface InboundParams {
  ports: readonly InboundPort[];
  accessLogFile: string;
  /** What the pod enforces on those who call it. Absent: nothing. */
  policies?: HttpPolicies;
}

/** What all chains have in common. */
type Common = Required<Pick<InboundParams, "accessLogFile" | "policies">>;

type Chain = Fields<typeof FilterChainSchema>;

export function virtualInboundListener({ ports, accessLogFile, policies = {} }: InboundParams): Listener {
  const common = { accessLogFile, policies };
  const detected = ports.filter(({ protocol }) => protocol === "Auto").map(({ targetPort }) => targetPort);
  return create(ListenerSchema, {
    name: VIRTUAL_INBOUND,
    address: address("0.0.0.0", INBOUND_PORT),
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: [originalDestination(), ...(detected.length > 0 ? [httpInspector(detected)] : [])],
    listenerFiltersTimeout: noTimeout(),
    continueOnListenerFiltersTimeout: true,
    filterChains: [
      {
        // a connection to the listener itself would be passed through to itself, again and again
        name: "virtualInbound-blackhole",
        filterChainMatch: { destinationPort: INBOUND_PORT },
        filters: [tcpProxy(BLACK_HOLE_CLUSTER, "")],
      },
      ...ports.flatMap((port) => portChains(port, common)),
    ],
    // probes, and ports that no service names
    defaultFilterChain: { name: "virtualInbound", filters: tcp(INBOUND_PASSTHROUGH_CLUSTER, common) },
  });
}

function portChains(port: InboundPort, common: Common): Chain[] {
  const { targetPort } = port;
  const name = `inbound|${targetPort}`;
  const bytes: Chain = {
    name,
    filterChainMatch: { destinationPort: targetPort },
    filters: tcp(inboundClusterName(targetPort), common),
  };
  switch (port.protocol) {
    case "HTTP":
    case "HTTP2":
    case "GRPC":
      return [{ ...bytes, filters: [http(port, common)] }];
    case "Auto":
      return [
        {
          name: `${name}|http`,
          filterChainMatch: { destinationPort: targetPort, applicationProtocols: [...PLAIN_HTTP] },
          filters: [http(port, common)],
        },
        bytes,
      ];
    case "TCP":
    case "TLS":
    case "HTTPS":
      return [bytes];
    case "UDP":
      return [];
  }
}

function tcp(cluster: string, { accessLogFile, policies }: Common): Filter[] {
  return [...tcpPolicyFilters(policies), tcpProxy(cluster, accessLogFile)];
}

function http({ targetPort, protocol, host, servicePort }: InboundPort, common: Common): Filter {
  return httpConnectionManager({
    role: "SidecarInbound",
    statPrefix: `inbound_0.0.0.0_${targetPort}`,
    routes: inboundRouteConfiguration({ port: targetPort, protocol, operation: `${host}:${servicePort}/*` }),
    lazy: false,
    ...common,
  });
}
