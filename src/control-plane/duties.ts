/** What the control plane writes into the store, as long as it is the one that does. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import type { AuthoritySource } from "../identity/authority-source.ts";
import { keepAuthority } from "../identity/keep-authority.ts";
import { keepRootConfigMaps } from "../identity/root-config-maps.ts";
import type { Periods } from "../identity/rotation.ts";
import { meshKinds } from "../kinds/mesh-kinds.ts";
import type { StatusRow } from "../mesh/status-row.ts";
import { StoreError } from "../store/error.ts";
import type { Store } from "../store/store.ts";
import { ensureGatewayClasses } from "./gateways/gateway-classes.ts";
import { deployGateways, type GatewayDeployment } from "./gateways/gateway-deployer.ts";
import { aborted } from "./lead.ts";
import { type StatusWriter, statusWriter } from "./status/status-writer.ts";

type Duties = (signal: AbortSignal) => Promise<void>;

interface Common {
  store: Store;
  graph: Graph;
  /** Hears of what failed and is tried again. */
  failed(doing: string, error: unknown): void;
}

interface MeshDuties extends Common {
  statuses: readonly Collection<StatusRow>[];
  authority: AuthoritySource;
  periods?: Periods;
  /** Of the control plane. */
  namespace: string;
  trustDomain(): string;
  /** When the oldest of the proxies that run was started. */
  oldestProxy(): number;
}

/** Whoever comes to lead lets proxies connect, and say what they reject, before it takes back what others said. */
const SWEEP_AFTER_MS = 10_000;

/** For the mesh as a whole: statuses, GatewayClasses, the CA, and the root that sidecars trust, in every namespace. */
export function meshDuties(options: MeshDuties): Duties {
  const { store, graph, statuses, authority, failed } = options;
  return async (signal) => {
    const writer = statusWriter({
      store,
      graph,
      onError: (object, error) => failed(`writing the status of ${object}`, error),
    });
    for (const rows of statuses) writer.follow(rows);
    await Promise.all([
      keepRootConfigMaps({
        store,
        authority,
        signal,
        onError: (error) => failed("writing istio-ca-root-cert", error),
      }),
      keepAuthority({ ...options, signal, onError: (error) => failed("keeping the CA", error) }),
      untilDone(
        () => ensureGatewayClasses(store),
        signal,
        (error) => failed("making GatewayClasses", error),
      ),
      sweep(writer, signal, failed),
      aborted(signal).then(() => writer.close()),
    ]);
  };
}

interface RevisionDuties extends Common {
  deployments: Collection<GatewayDeployment>;
}

/** For one revision: the Deployments and Services of its Gateways. */
export function revisionDuties({ store, graph, deployments, failed }: RevisionDuties): Duties {
  return async (signal) => {
    const deployer = deployGateways({
      store,
      graph,
      wanted: deployments,
      onError: (gateway, error) => failed(`deploying Gateway ${gateway}`, error),
    });
    await aborted(signal);
    await deployer.close();
  };
}

async function sweep(writer: StatusWriter, signal: AbortSignal, failed: Common["failed"]): Promise<void> {
  await sleep(SWEEP_AFTER_MS, undefined, { signal, ref: false }).catch(() => {});
  for (const { type } of meshKinds) {
    if (signal.aborted) return;
    await writer.sweep(type).catch((error: unknown) => {
      if (!isAbsent(error)) failed(`looking for old statuses of ${type.kind}`, error);
    });
  }
}

/** A kind that is not there may come. */
async function untilDone(work: () => Promise<void>, signal: AbortSignal, onError: (error: unknown) => void) {
  for (let wait = 1_000; !signal.aborted; wait = Math.min(2 * wait, 10_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isAbsent(error)) onError(error);
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof StoreError && error.reason === "NotFound";
}
