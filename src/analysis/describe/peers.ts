import type { Pod } from "../../kinds/core/pod.ts";
import { peerPolicies } from "../../mesh/security/peer-authentication.ts";
import type { PeerMode } from "../../mesh/security/peer-modes.ts";
import type { World } from "../world.ts";
import { type Fact, fact } from "./fact.ts";

/** Which connections the pod's sidecar takes, and which objects say so. */
export function describePeers({ mesh, read }: World, { metadata }: Pod): Fact[] {
  const { name, namespace = "", labels = {} } = metadata;
  const { wanted, policies } = mesh.peerAuthentications;
  const modes = read.get(wanted, `${namespace}/${name}`);
  if (!modes) return [];
  const applied = Object.values(peerPolicies(policies, read, namespace, labels)).flatMap((policy) => policy ?? []);
  const ports = Object.entries(modes.ports).map(([port, mode]) => `Port ${port}: ${text(mode)}`);
  return [
    fact("Effective PeerAuthentication:", [`Workload mTLS mode: ${text(modes.mode)}`, ...ports]),
    ...(applied.length > 0
      ? [
          fact(
            "Applied PeerAuthentication:",
            applied.map(({ origin }) => `${origin.name}.${origin.namespace}`),
          ),
        ]
      : []),
  ];
}

function text(mode: PeerMode): string {
  return mode.toUpperCase();
}
