/**
 * From and to `Disable` the clients of a pod change what they send, while other modes only change what its sidecar takes.
 * No proxy knows when the others have heard of it. So such a change goes in three steps, each taken when all proxies
 * have the one before: the server takes both, the clients send the new, the server takes only that.
 */
import { type PeerMode, type PeerModes, peerModeAt, type ServerMode } from "./peer-modes.ts";

/** Where a pod stands between two modes. */
export interface Standing {
  /** What clients were told before. The same as `to` when everybody is there. */
  from: PeerModes;
  to: PeerModes;
  /** Who is being told of `to`; of what is wanted since, nobody yet. */
  step: "Servers" | "Clients";
}

export function standing(modes: PeerModes): Standing {
  return { from: modes, to: modes, step: "Servers" };
}

export function isChanging({ from, to }: Standing): boolean {
  return differ(from, to);
}

/** What the sidecar takes: where clients may send one or the other, both. */
export function serverModes(at: Standing | undefined, wanted: PeerModes): PeerModes<ServerMode> {
  const { from, to } = at ?? standing(wanted);
  return perPort([wanted, from, to], ([mode = wanted.mode, ...others]): ServerMode => {
    if (others.every((other) => isPlain(other) === isPlain(mode))) return mode;
    return isPlain(mode) ? "Permissive" : "Leaving";
  });
}

/** For clients there are two modes: that a server insists on mutual TLS is all the same to them. */
export function clientModes(at: Standing | undefined, wanted: PeerModes): PeerModes {
  return perPort([at ? told(at) : wanted], ([mode]) => (mode === "Disable" ? "Disable" : "Permissive"));
}

/** Where the pod stands when something else is wanted. */
export function turned(at: Standing, wanted: PeerModes): Standing {
  if (at.step === "Servers" && !differ(at.from, wanted)) return standing(wanted);
  return differ(at.to, wanted) ? { from: told(at), to: wanted, step: "Servers" } : { ...at, to: wanted };
}

/** The next step, when all proxies have this one. */
export function stepped(at: Standing): Standing {
  return at.step === "Servers" ? { ...at, step: "Clients" } : standing(at.to);
}

function told({ from, to, step }: Standing): PeerModes {
  return step === "Servers" ? from : to;
}

function differ(a: PeerModes, b: PeerModes): boolean {
  return (
    isPlain(a.mode) !== isPlain(b.mode) ||
    portsOf([a, b]).some((port) => isPlain(peerModeAt(a, port)) !== isPlain(peerModeAt(b, port)))
  );
}

function isPlain(mode: PeerMode): boolean {
  return mode === "Disable";
}

function perPort<Mode>(all: readonly PeerModes[], choose: (modes: readonly PeerMode[]) => Mode): PeerModes<Mode> {
  const ports = portsOf(all).map((port) => [port, choose(all.map((modes) => peerModeAt(modes, port)))]);
  return { mode: choose(all.map(({ mode }) => mode)), ports: Object.fromEntries(ports) };
}

function portsOf(all: readonly PeerModes[]): number[] {
  return [...new Set(all.flatMap(({ ports }) => Object.keys(ports)))].map(Number);
}
