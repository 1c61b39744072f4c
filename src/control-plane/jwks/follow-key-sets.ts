import { setTimeout as sleep } from "node:timers/promises";
import type { Graph } from "../../engine/graph.ts";
import type { MeshInputs } from "../../mesh/inputs.ts";
import type { MeshCollections } from "../../mesh/mesh.ts";
import { DEFAULT_SETTINGS } from "../../mesh/settings.ts";
import type { Store } from "../../store/store.ts";
import type { AddressRules } from "./address-rules.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { keepKeySets } from "./keep-key-sets.ts";
import { hostNetwork, type Network } from "./network.ts";
import { rememberKeySets } from "./remember-key-sets.ts";

export interface FollowKeySetsOptions {
  store: Store;
  /** Where the control plane keeps what is its own. */
  namespace: string;
  graph: Graph;
  inputs: MeshInputs;
  mesh: Pick<MeshCollections, "settings" | "security" | "workloads" | "services">;
  /** Default: this machine's. */
  network?: Network | undefined;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/** Proxies that come back to a new control plane must not lose keys that they have, just because it has none yet. */
const FIRST_TRY_MS = 6_000;

/** Resolves when each key set that is wanted now was tried once, or that takes too long. */
export async function followKeySets(options: FollowKeySetsOptions): Promise<{ close(): Promise<void> }> {
  const { graph, inputs, mesh, network = hostNetwork, signal, onError } = options;
  const { wanted } = mesh.security.authentication;
  const remembered = await rememberKeySets({ ...options, wanted, keySets: inputs.keySets });
  const rules = addressRules(graph, mesh);
  const kept = keepKeySets({
    graph,
    inputs,
    wanted,
    fetchKeySet: (source, until) => fetchKeySet(source, { network, rules: rules(), signal: until }),
    signal,
    onError,
  });
  const stop = graph.onChange(mesh.settings, () => queueMicrotask(kept.retry));
  signal.addEventListener("abort", stop, { once: true });
  await Promise.race([kept.tried, sleep(FIRST_TRY_MS, undefined, { signal, ref: false }).catch(() => {})]);
  return remembered;
}

/** As the mesh's settings are when asked. */
function addressRules(
  graph: Graph,
  { settings, workloads, services }: FollowKeySetsOptions["mesh"],
): () => AddressRules {
  const byAddress = graph.index(services.fromKubernetes.rows, "address of its own", ({ addresses }) => addresses);
  const isInternal = (address: string): boolean =>
    byAddress.rows(address).size > 0 || workloads.byAddress.rows(address).size > 0;
  return () => ({ ...(settings.get("")?.jwks ?? DEFAULT_SETTINGS.jwks), isInternal });
}
