/** The protocol of a port, by Istio's rules: what the object declares, else the prefix of the port's name. */
import type { Protocol } from "./model.ts";

const NAMED: Readonly<Record<string, Protocol>> = {
  http: "HTTP",
  http_proxy: "HTTP",
  http2: "HTTP2",
  grpc: "GRPC",
  "grpc-web": "GRPC",
  https: "HTTPS",
  tls: "TLS",
  tcp: "TCP",
  udp: "UDP",
  mongo: "TCP",
  redis: "TCP",
  mysql: "TCP",
};

/** Kubernetes' own names, which only `appProtocol` can have. */
const APP_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  "kubernetes.io/h2c": "HTTP2",
  "kubernetes.io/ws": "HTTP",
  "kubernetes.io/wss": "HTTPS",
};

/** SMTP, DNS, MySQL, MongoDB: servers that speak first would wait for ever while a protocol is being detected. */
const SERVER_SPEAKS_FIRST = new Set([25, 53, 3306, 27017]);

export function portProtocol(port: {
  number: number;
  name?: string | undefined;
  transport?: string | undefined;
  appProtocol?: string | undefined;
}): Protocol {
  if (port.transport === "UDP") return "UDP";
  const special = port.appProtocol === undefined ? undefined : APP_PROTOCOLS[port.appProtocol];
  return special ?? protocolNamed(port.appProtocol ?? port.name ?? "") ?? fallback(port.number);
}

/** Of `http`, `http-web`, `GRPC`: undefined when it names no protocol. */
function protocolNamed(name: string): Protocol | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith("grpc-web")) return "GRPC";
  const prefix = lower.split("-", 1)[0] ?? "";
  return Object.hasOwn(NAMED, prefix) ? NAMED[prefix] : undefined;
}

function fallback(port: number): Protocol {
  return SERVER_SPEAKS_FIRST.has(port) ? "TCP" : "Auto";
}

/** Whether requests on such a port are routed by VirtualServices' `http`. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === "HTTP" || protocol === "HTTP2" || protocol === "GRPC" || protocol === "Auto";
}
