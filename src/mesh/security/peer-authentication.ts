/** PeerAuthentication: whether the sidecar of a pod takes plain text, mutual TLS or both, port by port. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import type { MutualTls, PeerAuthentication } from "../../kinds/istio/peer-authentication.ts";
import type { Labels, MeshSettings, Workload } from "../model.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import { PERMISSIVE, type PeerMode, type PeerModes, type ServerMode } from "./peer-modes.ts";
import { clientModes, type Standing, serverModes } from "./peer-transition.ts";
import {
  type PolicyHead,
  type PolicySelection,
  policyHead,
  selectedPolicies,
  wirePolicySelection,
} from "./policy-selection.ts";

interface PeerPolicy extends PolicyHead {
  /** Absent: what the next wider policy says. */
  mode?: PeerMode;
  ports: Readonly<Record<number, PeerMode | "Unset">>;
}

/** Rows of pods with a sidecar, key `namespace/name`. */
export interface PeerAuthentications {
  /** As the objects say it. */
  wanted: Collection<PeerModes>;
  /** How far a pod has come there: set by whoever sees what proxies have. Without it, it is there. */
  standings: Input<Standing>;
  /** What the pod's own sidecar is told. */
  ofServers: Collection<PeerModes<ServerMode>>;
  /** What its clients are told. */
  ofClients: Collection<PeerModes>;
  policies: PolicySelection<PeerPolicy>;
}

export function wirePeerAuthentications(
  graph: Graph,
  inputs: { peerAuthentications: Collection<PeerAuthentication> },
  workloads: Collection<Workload>,
  settings: Collection<MeshSettings>,
): PeerAuthentications {
  const rows = graph.derive("peer policies", inputs.peerAuthentications, (_key, object) => peerPolicy(object));
  const policies = wirePolicySelection(graph, rows, settings);
  const wanted = graph.derive("peer modes", workloads, (_key, { proxy, namespace, labels }, read) =>
    proxy === "Sidecar" ? peerModes(policies, read, namespace, labels) : undefined,
  );
  const standings = graph.input<Standing>("standings between peer modes");
  const told = <Mode>(
    name: string,
    modesOf: (at: Standing | undefined, wanted: PeerModes) => PeerModes<Mode>,
  ): Collection<PeerModes<Mode>> =>
    graph.derive(name, wanted, (key, modes, read) => modesOf(read.get(standings, key), modes));
  return {
    wanted,
    standings,
    ofServers: told("peer modes of servers", serverModes),
    ofClients: told("peer modes of clients", clientModes),
    policies,
  };
}

/**
 * The closest policy that says something: for the workload, its namespace, the mesh; of several of one kind the oldest.
 * One for certain workloads counts in its own namespace only, and is none in the root namespace.
 */
export function peerModes(
  policies: PolicySelection<PeerPolicy>,
  read: Reader,
  namespace: string,
  labels: Labels,
): PeerModes {
  const { workload, own, mesh } = peerPolicies(policies, read, namespace, labels);
  const mode = workload?.mode ?? own?.mode ?? mesh?.mode ?? PERMISSIVE.mode;
  const ports = Object.entries(workload?.ports ?? {}).map(([port, own]) => [port, own === "Unset" ? mode : own]);
  return { mode, ports: Object.fromEntries(ports) };
}

/** Those that count, the closest first: for the workload, its own namespace, the mesh. */
export function peerPolicies(
  policies: PolicySelection<PeerPolicy>,
  read: Reader,
  namespace: string,
  labels: Labels,
): { workload?: PeerPolicy | undefined; own?: PeerPolicy | undefined; mesh?: PeerPolicy | undefined } {
  const { rootNamespace } = read.get(policies.settings, "") ?? DEFAULT_SETTINGS;
  const found = selectedPolicies(policies, read, { namespace, labelSets: [labels] });
  const oldest = (root: boolean, selecting: boolean) =>
    found.find((policy) => (policy.origin.namespace === rootNamespace) === root && isSelecting(policy) === selecting);
  return { workload: oldest(false, true), own: oldest(false, false), mesh: oldest(true, false) };
}

function isSelecting({ target }: PolicyHead): boolean {
  return target.type === "Workloads" && Object.keys(target.selector).length > 0;
}

function peerPolicy(object: PeerAuthentication): PeerPolicy {
  const mode = modeOf(object.spec?.mtls);
  const ports = Object.entries(object.spec?.portLevelMtls ?? {}).map(([port, own]) => [port, modeOf(own) ?? "Unset"]);
  return {
    ...policyHead("security.istio.io/PeerAuthentication", object),
    ...(mode && { mode }),
    ports: Object.fromEntries(ports),
  };
}

function modeOf(spec: MutualTls | undefined): PeerMode | undefined {
  switch (spec?.mode) {
    case "STRICT":
      return "Strict";
    case "PERMISSIVE":
      return "Permissive";
    case "DISABLE":
      return "Disable";
    default:
      return undefined;
  }
}
