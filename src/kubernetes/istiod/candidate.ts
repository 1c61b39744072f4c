/** One of several processes that want a Lease of coordination.k8s.io: whoever holds it leads. */
import { type Lease, leaseKind } from "../../kinds/core/lease.ts";
import { StoreError } from "../../store/error.ts";
import type { Store } from "../../store/store.ts";

export interface CandidateOptions {
  store: Store;
  namespace: string;
  /** Of the lease. */
  name: string;
  /** Of this process, different from all others. */
  identity: string;
  revision: string;
  /** Whether a holder of another revision makes way for this one. */
  preferred(): boolean;
  /** For how long a lease holds that is not renewed. Default 15 s. */
  durationMs?: number;
}

/** Istio's label for whose something is; here: of which revision the holder is. */
const REVISION = "istio.io/rev";

export class Candidate {
  readonly #options: CandidateOptions;
  readonly #durationMs: number;
  /** What was last seen of the lease, and when by our own clock: clocks of others are not believed. */
  #seen: { version: string | undefined; at: number } = { version: undefined, at: Number.NEGATIVE_INFINITY };

  constructor(options: CandidateOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? 15_000;
  }

  /** Takes, renews or leaves the lease. Resolves to whether it is ours; rejects when that cannot be found out. */
  async attempt(now: number): Promise<boolean> {
    const { store, namespace, name, identity } = this.#options;
    const lease = await store.get<Lease>(leaseKind.type, { namespace, name }).catch(unlessNotFound);
    if (!lease) return this.#write(now, undefined);
    if (lease.metadata.resourceVersion !== this.#seen.version) {
      this.#seen = { version: lease.metadata.resourceVersion, at: now };
    }
    return lease.spec?.holderIdentity === identity || this.#mayTake(lease, now) ? this.#write(now, lease) : false;
  }

  /** Gives the lease back, if it is ours, so that another need not wait for its end. */
  async release(now: number): Promise<void> {
    const { store, namespace, name, identity } = this.#options;
    const lease = await store.get<Lease>(leaseKind.type, { namespace, name }).catch(unlessNotFound);
    if (lease?.spec?.holderIdentity !== identity) return;
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(now) };
    await store.update<Lease>(leaseKind.type, { ...lease, spec }).catch(unlessOvertaken);
  }

  #mayTake({ metadata, spec }: Lease, now: number): boolean {
    const { revision, preferred } = this.#options;
    if (!spec?.holderIdentity || now - this.#seen.at >= this.#durationMs) return true;
    return metadata.labels?.[REVISION] !== revision && preferred();
  }

  /** Resolves to false when another was quicker. */
  async #write(now: number, lease: Lease | undefined): Promise<boolean> {
    const { store, namespace, name, identity, revision } = this.#options;
    const ours = lease?.spec?.holderIdentity === identity;
    const time = microTime(now);
    const next: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace,
        ...lease?.metadata,
        labels: { ...lease?.metadata.labels, [REVISION]: revision },
      },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
        acquireTime: ours ? (lease.spec?.acquireTime ?? time) : time,
        renewTime: time,
        leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (lease && !ours ? 1 : 0),
      },
    };
    try {
      const written = await (lease ? store.update(leaseKind.type, next) : store.create(leaseKind.type, next));
      this.#seen = { version: written.metadata.resourceVersion, at: now };
      return true;
    } catch (error) {
      unlessOvertaken(error);
      return false;
    }
  }
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
}

function unlessOvertaken(error: unknown): void {
  if (!(error instanceof StoreError && (error.reason === "Conflict" || error.reason === "AlreadyExists"))) throw error;
}
