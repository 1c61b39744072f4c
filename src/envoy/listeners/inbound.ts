/** What others' connections to a pod meet in its sidecar: redirected to virtualInbound, told apart by their port. */
import { create } from "@bufbuild/protobuf";
import { TrafficDirection } from "#envoy/config/core/v3/base_pb.js";
import type { FilterChainSchema } from "#envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { Protocol } from "../../mesh/model.ts";
import { address } from "../addresses.ts";
import type { Fields } from "../any.ts";
import { noTimeout } from "../durations.ts";
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
}

type Chain = Fields<typeof FilterChainSchema>;

export function virtualInboundListener({ ports, accessLogFile }: InboundParams): Listener {
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
      ...ports.flatMap((port) => portChains(port, accessLogFile)),
    ],
    // probes, and ports that no service names
    defaultFilterChain: { name: "virtualInbound", filters: [tcpProxy(INBOUND_PASSTHROUGH_CLUSTER, accessLogFile)] },
  });
}

function portChains(port: InboundPort, accessLogFile: string): Chain[] {
  const { targetPort } = port;
  const name = `inbound|${targetPort}`;
  const tcp: Chain = {
    name,
    filterChainMatch: { destinationPort: targetPort },
    filters: [tcpProxy(inboundClusterName(targetPort), accessLogFile)],
  };
  switch (port.protocol) {
    case "HTTP":
    case "HTTP2":
    case "GRPC":
      return [{ ...tcp, filters: [http(port, accessLogFile)] }];
    case "Auto":
      return [
        {
          name: `${name}|http`,
          filterChainMatch: { destinationPort: targetPort, applicationProtocols: [...PLAIN_HTTP] },
          filters: [http(port, accessLogFile)],
        },
        tcp,
      ];
    case "TCP":
    case "TLS":
    case "HTTPS":
      return [tcp];
    case "UDP":
      return [];
  }
}

function http({ targetPort, protocol, host, servicePort }: InboundPort, accessLogFile: string) {
  return httpConnectionManager({
    role: "SidecarInbound",
    statPrefix: `inbound_0.0.0.0_${targetPort}`,
    routes: inboundRouteConfiguration({ port: targetPort, protocol, operation: `${host}:${servicePort}/*` }),
    lazy: false,
    accessLogFile,
  });
}
