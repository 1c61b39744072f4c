/** Which endpoints mutual TLS is spoken to, where no DestinationRule says how. */
import type { Reader } from "../../engine/derived.ts";
import type { WorkloadEntrySpec } from "../../kinds/istio/workload-entry-schema.ts";
import type { Workload } from "../model.ts";
import { type PeerAuthentications, peerModes } from "./peer-authentication.ts";
import { PERMISSIVE, peerModeAt } from "./peer-modes.ts";

/** `istio`: mutual TLS of the mesh ends there. `disabled`: it does not. */
const TLS_MODE = "security.istio.io/tlsMode";

export function podTakesMutualTls(
  { ofClients }: PeerAuthentications,
  read: Reader,
  pod: Workload,
  port: number,
): boolean {
  if (pod.proxy !== "Sidecar" || pod.labels[TLS_MODE] === "disabled" || !comesToProxy(pod, port)) return false;
  return peerModeAt(read.get(ofClients, `${pod.namespace}/${pod.name}`) ?? PERMISSIVE, port) !== "Disable";
}

/** Else connections go to the application itself, which knows nothing of the mesh's TLS. */
function comesToProxy({ interception, captured, bypassed = [] }: Workload, port: number): boolean {
  return interception === "REDIRECT" && (captured?.includes(port) ?? true) && !bypassed.includes(port);
}

/** Something that is no pod has a sidecar when its label says so, else when it has an identity. */
export function hasSidecar({ labels, serviceAccount }: Pick<WorkloadEntrySpec, "labels" | "serviceAccount">): boolean {
  const mode = labels?.[TLS_MODE];
  return mode === undefined ? Boolean(serviceAccount) : mode === "istio";
}

export function entryTakesMutualTls(
  { policies }: PeerAuthentications,
  read: Reader,
  entry: WorkloadEntrySpec,
  namespace: string,
  port: number,
): boolean {
  return hasSidecar(entry) && peerModeAt(peerModes(policies, read, namespace, entry.labels ?? {}), port) !== "Disable";
}
