import type { ProcessRef } from "../system/processes.ts";
import { mustRun } from "../system/run.ts";
import { inNetwork } from "./holder.ts";
import { NO_RULES, type Rules, rulesDifference, rulesOf, wholeTable } from "./service-rules.ts";
import type { ServiceState } from "./service-state.ts";

/** Keeps the kernel's rules like the Services. Bursts of changes become one transaction. */
export class ServiceProxy {
  readonly #holder: ProcessRef;
  readonly #onError: (error: unknown) => void;
  #applied: Rules | undefined;
  #wanted: Rules = NO_RULES;
  #running: Promise<void> | undefined;

  constructor(holder: ProcessRef, onError: (error: unknown) => void) {
    this.#holder = holder;
    this.#onError = onError;
  }

  set(services: Iterable<ServiceState>): void {
    this.#wanted = rulesOf(services);
    this.#running ??= this.#apply().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the kernel has what was last set. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #apply(): Promise<void> {
    let failed = 0;
    while (this.#applied !== this.#wanted) {
      const wanted = this.#wanted;
      const commands = this.#applied ? rulesDifference(this.#applied, wanted) : wholeTable(wanted);
      try {
        if (commands !== "") await mustRun(...inNetwork(this.#holder, "nft", "-f", "-"), { input: commands });
        this.#applied = wanted;
        failed = 0;
      } catch (error) {
        // What the kernel holds is no longer certain: the next transaction replaces it whole.
        this.#applied = undefined;
        this.#onError(error);
        if (++failed >= 3) return;
      }
    }
  }
}
