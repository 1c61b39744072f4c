/** What the node process and its agent in the network namespace tell each other, over the IPC channel. */
import type { ServiceState } from "../network/service-state.ts";

export interface HttpProbe {
  type: "http";
  scheme: "http" | "https";
  host: string;
  port: number;
  path: string;
  headers: [name: string, value: string][];
  timeoutMs: number;
}

export interface TcpProbe {
  type: "tcp";
  host: string;
  port: number;
  timeoutMs: number;
}

export interface GrpcProbe {
  type: "grpc";
  host: string;
  port: number;
  service: string;
  timeoutMs: number;
}

export type NetworkProbe = HttpProbe | TcpProbe | GrpcProbe;

export interface ProbeResult {
  ok: boolean;
  message: string;
}

export type ToAgent =
  | { type: "services"; set: ServiceState[]; removed: string[] }
  /** Comes with the listening server's handle. `port` is the Service's, whose endpoints get the connections. */
  | { type: "listen"; id: string; service: string; protocol: "tcp"; port: number }
  | { type: "unlisten"; id: string }
  | { type: "probe"; id: number; probe: NetworkProbe }
  /** The host's resolvers' answer in base64, or undefined when there was none. */
  | { type: "resolved"; id: number; response: string | undefined };

export type FromAgent =
  | { type: "ready" }
  | { type: "probed"; id: number; result: ProbeResult }
  | { type: "resolve"; id: number; query: string };
