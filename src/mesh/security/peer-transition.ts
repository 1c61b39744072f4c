/**
 * From and to `Disable` the clients of a pod change what they send, while other modes only change what its sidecar takes.
 * No proxy knows when the others have heard of it. So such a change goes in three steps, each taken when all proxies
 * have the one before: the server takes both, the clients send the new, the server takes only that.
 */
import { type PeerMode, type PeerModes, peerModeAt } from "./peer-modes.ts";

export interface Changing {
  /** In force before the change. */
  from: PeerModes;
  /** Who is being told of it. */
  step: "Servers" | "Clients";
}

/** Whether clients have to send something else. */
export function changesClients(from: PeerModes, to: PeerModes): boolean {
  return (
    portsOf(from, to).some((port) => differ(peerModeAt(from, port), peerModeAt(to, port))) || differ(from.mode, to.mode)
  );
}

export function serverModes(change: Changing | undefined, to: PeerModes): PeerModes {
  return merge(change?.from ?? to, to, (before, after) => (differ(before, after) ? "Permissive" : after));
}

/** For clients there are two modes: that a server insists on mutual TLS is all the same to them. */
export function clientModes(change: Changing | undefined, to: PeerModes): PeerModes {
  const from = change?.step === "Servers" ? change.from : to;
  return merge(from, to, (before) => (before === "Disable" ? "Disable" : "Permissive"));
}

function differ(a: PeerMode, b: PeerMode): boolean {
  return (a === "Disable") !== (b === "Disable");
}

function merge(from: PeerModes, to: PeerModes, choose: (before: PeerMode, after: PeerMode) => PeerMode): PeerModes {
  const ports = portsOf(from, to).map((port) => [port, choose(peerModeAt(from, port), peerModeAt(to, port))]);
  return { mode: choose(from.mode, to.mode), ports: Object.fromEntries(ports) };
}

function portsOf(from: PeerModes, to: PeerModes): number[] {
  return [...new Set([...Object.keys(from.ports), ...Object.keys(to.ports)])].map(Number);
}
