/** `Strict`: mutual TLS only. `Permissive`: that and plain text. `Disable`: plain text only. */
export type PeerMode = "Strict" | "Permissive" | "Disable";

/** `Leaving`: both are taken until clients have left plain text, and their connections of it end then. */
export type ServerMode = PeerMode | "Leaving";

export interface PeerModes<Mode = PeerMode> {
  mode: Mode;
  /** Of ports of the workload that have one of their own. */
  ports: Readonly<Record<number, Mode>>;
}

export const PERMISSIVE: PeerModes = { mode: "Permissive", ports: {} };

export function peerModeAt<Mode>({ mode, ports }: PeerModes<Mode>, port: number): Mode {
  return ports[port] ?? mode;
}
