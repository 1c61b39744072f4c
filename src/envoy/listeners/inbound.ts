/** What others' connections to a pod meet in its sidecar: redirected to virtualInbound, told apart by their port. */
import { create } from "@bufbuild/protobuf";
import type { TransportSocket } from "#envoy/config/core/v3/base_pb.js";
import { TrafficDirection } from "#envoy/config/core/v3/base_pb.js";
import type { Filter, FilterChainSchema, ListenerFilter } from "#envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "#envoy/config/listener/v3/listener_pb.js";
import type { Protocol } from "../../mesh/model.ts";
import { type PeerModes, peerModeAt, type ServerMode } from "../../mesh/security/peer-modes.ts";
import { address } from "../addresses.ts";
import type { Fields } from "../any.ts";
import { noTimeout, seconds } from "../durations.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import type { MeshTls } from "../mesh-tls.ts";
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  INBOUND_PORT,
  inboundClusterName,
  VIRTUAL_INBOUND,
} from "../names.ts";
import { inboundRouteConfiguration } from "../routes/inbound.ts";
import { meshServerSocket } from "./downstream-tls.ts";
import { httpConnectionManager, type RequestSettings } from "./http-connection-manager.ts";
import { type Way, waysOf } from "./inbound-ways.ts";
import { httpInspector, originalDestination, tlsInspector } from "./listener-filters.ts";
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
  /** Which connections are taken. */
  modes: PeerModes<ServerMode>;
  tls: MeshTls;
  /** What the pod enforces on those who call it. Absent: nothing. */
  policies?: HttpPolicies;
  requests?: RequestSettings;
}

/** What all chains have in common. */
interface Common extends Required<Pick<InboundParams, "accessLogFile" | "policies" | "requests">> {
  /** Ends the mesh's mutual TLS. */
  mutualTls: TransportSocket;
}

type Chain = Fields<typeof FilterChainSchema>;

export function virtualInboundListener({
  ports,
  accessLogFile,
  modes,
  tls,
  policies = {},
  requests = {},
}: InboundParams): Listener {
  const common = { accessLogFile, policies, requests, mutualTls: meshServerSocket(tls) };
  const served = new Set(ports.map(({ targetPort }) => targetPort));
  const others = Object.keys(modes.ports)
    .map(Number)
    .filter((port) => !served.has(port));
  return create(ListenerSchema, {
    name: VIRTUAL_INBOUND,
    address: address("0.0.0.0", INBOUND_PORT),
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: [originalDestination(), ...inspectors(ports, modes)],
    listenerFiltersTimeout: patience(ports),
    continueOnListenerFiltersTimeout: true,
    filterChains: [
      {
        // a connection to the listener itself would be passed through to itself, again and again
        name: "virtualInbound-blackhole",
        filterChainMatch: { destinationPort: INBOUND_PORT },
        filters: [tcpProxy(BLACK_HOLE_CLUSTER, "")],
      },
      ...ports.flatMap((port) => portChains(port, peerModeAt(modes, port.targetPort), common)),
      // ports that no service names
      ...others.flatMap((port) => passthroughChains(port, peerModeAt(modes, port), common)),
      ...passthroughChains(undefined, modes.mode, common),
    ],
  });
}

function portChains(port: InboundPort, mode: ServerMode, common: Common): Chain[] {
  const { targetPort, protocol } = port;
  return waysOf(protocol, mode).map((way) => ({
    ...chain(`inbound|${targetPort}`, targetPort, way, common),
    filters: way.http ? [http(port, common)] : tcp(inboundClusterName(targetPort), common, "Declared"),
  }));
}

function passthroughChains(port: number | undefined, mode: ServerMode, common: Common): Chain[] {
  const name = port === undefined ? "virtualInbound" : `virtualInbound|${port}`;
  return waysOf("TCP", mode).map((way) => ({
    ...chain(name, port, way, common),
    filters: tcp(INBOUND_PASSTHROUGH_CLUSTER, common, "Undeclared"),
  }));
}

function chain(name: string, destinationPort: number | undefined, way: Way, { mutualTls }: Common): Chain {
  const { transportProtocol = "", applicationProtocols = [] } = way;
  return {
    name: `${name}${way.name}`,
    filterChainMatch: {
      ...(destinationPort !== undefined && { destinationPort }),
      transportProtocol,
      applicationProtocols: [...applicationProtocols],
    },
    ...(way.endsTls && { transportSocket: mutualTls }),
  };
}

/** Looks for TLS where it may come, and for HTTP where nobody says what is spoken. */
function inspectors(ports: readonly InboundPort[], modes: PeerModes<ServerMode>): ListenerFilter[] {
  const encrypted = modes.mode !== "Disable";
  const exceptions = Object.keys(modes.ports)
    .map(Number)
    .filter((port) => (peerModeAt(modes, port) !== "Disable") !== encrypted);
  const detected = ports.filter(({ protocol }) => protocol === "Auto").map(({ targetPort }) => targetPort);
  return [
    ...(encrypted ? [tlsInspector({ except: exceptions })] : []),
    ...(!encrypted && exceptions.length > 0 ? [tlsInspector({ only: exceptions })] : []),
    ...(detected.length > 0 ? [httpInspector({ only: detected })] : []),
  ];
}

/** Until a connection on which nobody speaks is taken for one whose server speaks first. */
const SILENCE_S = 5;

/** Whoever is slow to send a request must not be taken for that: where it could be either, there is no limit. */
function patience(ports: readonly InboundPort[]) {
  const bytes = ports.some(({ protocol }) => protocol === "TCP");
  return bytes && ports.every(({ protocol }) => protocol !== "Auto") ? seconds(SILENCE_S) : noTimeout();
}

function tcp(cluster: string, { accessLogFile, policies }: Common, port: "Declared" | "Undeclared"): Filter[] {
  return [...tcpPolicyFilters(policies, port), tcpProxy(cluster, accessLogFile)];
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
