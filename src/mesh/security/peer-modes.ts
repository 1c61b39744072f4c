/** `Strict`: mutual TLS only. `Permissive`: that and plain text. `Disable`: plain text only. */
export type PeerMode = "Strict" | "Permissive" | "Disable";

export interface PeerModes {
  mode: PeerMode;
  /** Of ports of the workload that have one of their own. */
  ports: Readonly<Record<number, PeerMode>>;
}

export const PERMISSIVE: PeerModes = { mode: "Permissive", ports: {} };

export function peerModeAt({ mode, ports }: PeerModes, port: number): PeerMode {
  return ports[port] ?? mode;
}
