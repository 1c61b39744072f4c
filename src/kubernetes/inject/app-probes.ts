/**
 * Probes and hooks by which the kubelet calls an application are turned into requests to the proxy's status port, and
 * the proxy is told what to do for each.
 */
import type { Type } from "typebox";
import type { AppProbe } from "../../envoy/bootstrap/app-probes.ts";
import type { Container, LifecycleHandler, Probe } from "../../kinds/core/container.ts";
import type { PodSpec } from "../../kinds/core/pod-spec.ts";
import { PROXY_CONTAINER } from "./proxy-container.ts";

type ProbeSpec = Type.Static<typeof Probe>;
type Handler = Type.Static<typeof LifecycleHandler>;
type HttpGet = NonNullable<Handler["httpGet"]>;

/** How long the kubelet waits for a hook is the pod's grace period; the proxy has to have some limit. */
const HOOK_SECONDS = 60;

export interface Rewritten {
  spec: PodSpec;
  probes: AppProbe[];
}

export function rewriteProbes(spec: PodSpec, statusPort: number): Rewritten {
  const probes: AppProbe[] = [];
  const rewrite = (container: Container): Container =>
    container.name === PROXY_CONTAINER ? container : rewriteContainer(container, statusPort, probes);
  const containers = spec.containers.map(rewrite);
  const initContainers = spec.initContainers?.map(rewrite);
  return { spec: { ...spec, containers, ...(initContainers && { initContainers }) }, probes };
}

function rewriteContainer(container: Container, statusPort: number, probes: AppProbe[]): Container {
  const probe = (spec: ProbeSpec | undefined, name: string): ProbeSpec | undefined => {
    const path = `/app-health/${container.name}/${name}`;
    const found = spec && probeOf(spec, path, container);
    if (!spec || !found) return undefined;
    probes.push(found);
    const { httpGet, tcpSocket: _tcpSocket, grpc: _grpc, ...rest } = spec;
    return { ...rest, httpGet: toProxy(httpGet, path, statusPort) };
  };
  const hook = (handler: Handler | undefined, name: string): Handler | undefined => {
    const path = `/app-lifecycle/${container.name}/${name}`;
    const found = handler?.httpGet && httpProbe(handler.httpGet, path, container, HOOK_SECONDS);
    if (!found) return undefined;
    probes.push(found);
    return { httpGet: toProxy(handler.httpGet, path, statusPort) };
  };
  const readinessProbe = probe(container.readinessProbe, "readyz");
  const livenessProbe = probe(container.livenessProbe, "livez");
  const startupProbe = probe(container.startupProbe, "startupz");
  const preStop = hook(container.lifecycle?.preStop, "prestopz");
  const postStart = hook(container.lifecycle?.postStart, "poststartz");
  return {
    ...container,
    ...(readinessProbe && { readinessProbe }),
    ...(livenessProbe && { livenessProbe }),
    ...(startupProbe && { startupProbe }),
    ...((preStop || postStart) && {
      lifecycle: { ...container.lifecycle, ...(preStop && { preStop }), ...(postStart && { postStart }) },
    }),
  };
}

/** Headers go with the request. The proxy speaks plain HTTP to the kubelet, and TLS to the application. */
function toProxy(httpGet: HttpGet | undefined, path: string, statusPort: number): HttpGet {
  return { path, port: statusPort, ...(httpGet?.httpHeaders && { httpHeaders: httpGet.httpHeaders }) };
}

/** Undefined for what needs no proxy, as a command, or cannot go by it. */
function probeOf(spec: ProbeSpec, path: string, container: Container): AppProbe | undefined {
  const timeoutSeconds = spec.timeoutSeconds ?? 1;
  const periodSeconds = spec.periodSeconds ?? 10;
  if (spec.httpGet) return httpProbe(spec.httpGet, path, container, timeoutSeconds);
  if (spec.tcpSocket) {
    const port = portNumber(spec.tcpSocket.port, container);
    if (port === undefined || spec.tcpSocket.host) return undefined;
    return { type: "Tcp", path, port, timeoutSeconds, periodSeconds };
  }
  if (spec.grpc) {
    const { port, service = "" } = spec.grpc;
    return { type: "Grpc", path, port, timeoutSeconds, periodSeconds, service };
  }
  return undefined;
}

function httpProbe(httpGet: HttpGet, path: string, container: Container, timeoutSeconds: number): AppProbe | undefined {
  const port = portNumber(httpGet.port, container);
  // another host is none that this proxy stands before: the kubelet calls it as it would without a mesh
  if (port === undefined || httpGet.host) return undefined;
  const target = httpGet.path || "/";
  return {
    type: "Http",
    path,
    port,
    timeoutSeconds,
    targetPath: target.startsWith("/") ? target : `/${target}`,
    tls: httpGet.scheme === "HTTPS",
    ownHost: (httpGet.httpHeaders ?? []).some(({ name }) => name.toLowerCase() === "host"),
  };
}

/** A name is one of the container's own ports; one that it does not have is left for the kubelet to complain of. */
function portNumber(port: number | string, container: Container): number | undefined {
  if (typeof port === "number") return port;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}
