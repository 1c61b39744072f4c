/** Writes a pod's status when it differs from what was last written; tries again while the API is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { PodStatus } from "../../../kinds/core/pod.ts";
import { StoreError } from "../../../store/error.ts";
import type { Store } from "../../../store/store.ts";
import { PODS } from "../resources.ts";

/** Changes come in groups, such as a container's start and its readiness: a group is one write. */
const GATHER_MS = 10;
const RETRY = { firstMs: 100, mostMs: 5000 };

export class StatusWriter {
  readonly #store: Store;
  readonly #name: { namespace: string; name: string };
  readonly #status: () => PodStatus;
  readonly #onError: (error: unknown) => void;
  #written: PodStatus | undefined;
  #wanted = false;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(
    store: Store,
    name: { namespace: string; name: string },
    status: () => PodStatus,
    onError: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#name = name;
    this.#status = status;
    this.#onError = onError;
  }

  changed(): void {
    this.#wanted = true;
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined;
    });
  }

  /** Nothing is written any more; resolves when what is on its way is. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #write(): Promise<void> {
    let retry = RETRY.firstMs;
    while (this.#wanted && !this.#closed) {
      this.#wanted = false;
      await sleep(GATHER_MS);
      const status = this.#status();
      if (isDeepStrictEqual(status, this.#written)) continue;
      try {
        await this.#store.patch(PODS, this.#name, { type: "merge", body: { status } }, { subresource: "status" });
        this.#written = status;
        retry = RETRY.firstMs;
      } catch (error) {
        if (error instanceof StoreError && error.reason === "NotFound") return;
        this.#onError(error);
        this.#wanted = true;
        await sleep(retry);
        retry = Math.min(retry * 2, RETRY.mostMs);
      }
    }
  }
}
