/** What probes and lifecycle hooks do: a request, a connection, or a command in the container. */
import type { Type } from "typebox";
import type { Container, LifecycleHandler, Probe } from "../../../kinds/core/container.ts";
import type { NetworkProbe, ProbeResult } from "../agent/messages.ts";
import type { PodContext } from "./context.ts";
import { type ExecProfile, executeIn } from "./execute.ts";

export type ProbeSpec = Type.Static<typeof Probe>;
export type HandlerSpec = Type.Static<typeof LifecycleHandler>;

export interface ActionTarget {
  context: PodContext;
  container: Container;
  profile: ExecProfile;
}

/** Undefined when it could not be tried, which says nothing about the container. */
export async function check(target: ActionTarget, probe: ProbeSpec): Promise<ProbeResult | undefined> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return runCommand(target, probe.exec.command ?? [], timeoutMs);
  const network = networkAction(target, probe, timeoutMs);
  return network ? target.context.node.probe(network) : { ok: true, message: "" };
}

/** Runs a hook; its failure is the caller's to judge. */
export async function runHook(target: ActionTarget, handler: HandlerSpec, timeoutMs: number): Promise<ProbeResult> {
  if (handler.exec) return runCommand(target, handler.exec.command ?? [], timeoutMs);
  if (handler.sleep) {
    const { seconds } = handler.sleep;
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds * 1000, timeoutMs)));
    return { ok: true, message: "" };
  }
  const network = networkAction(target, handler, timeoutMs);
  const result = network && (await target.context.node.probe(network));
  return result ?? { ok: true, message: "" };
}

async function runCommand(
  { profile }: ActionTarget,
  command: readonly string[],
  timeoutMs: number,
): Promise<ProbeResult> {
  const { code, output, timedOut } = await executeIn(profile, command, timeoutMs);
  if (timedOut)
    return { ok: false, message: `command timed out: "${command.join(" ")}" timed out after ${timeoutMs}ms` };
  return { ok: code === 0, message: output.trim() };
}

function networkAction(
  { context, container }: ActionTarget,
  action: ProbeSpec | HandlerSpec,
  timeoutMs: number,
): NetworkProbe | undefined {
  const { httpGet, tcpSocket } = action;
  if (httpGet) {
    return {
      type: "http",
      scheme: httpGet.scheme === "HTTPS" ? "https" : "http",
      host: httpGet.host || context.ip,
      port: portNumber(container, httpGet.port),
      path: httpGet.path || "/",
      headers: (httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value]),
      timeoutMs,
    };
  }
  if (tcpSocket) {
    return { type: "tcp", host: tcpSocket.host || context.ip, port: portNumber(container, tcpSocket.port), timeoutMs };
  }
  if ("grpc" in action && action.grpc) {
    return { type: "grpc", host: context.ip, port: action.grpc.port, service: action.grpc.service ?? "", timeoutMs };
  }
  return undefined;
}

/** A port may be a name of the container's own ports. */
function portNumber(container: Container, port: number | string): number {
  if (typeof port === "number") return port;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? 0;
}
