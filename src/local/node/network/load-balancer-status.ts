/** Tells the API where Services of type LoadBalancer are reached: on the host's loopback. */
import { isDeepStrictEqual } from "node:util";
import { StoreError } from "../../../store/error.ts";
import type { Store } from "../../../store/store.ts";
import { SERVICES, type Service } from "../resources.ts";

const INGRESS = [{ ip: "127.0.0.1" }];
const RETRY_MS = 1000;

export class LoadBalancerStatus {
  readonly #store: Store;
  readonly #onError: (error: unknown) => void;

  constructor(store: Store, onError: (error: unknown) => void) {
    this.#store = store;
    this.#onError = onError;
  }

  check(services: readonly Service[]): void {
    for (const service of services) {
      const wanted = service.spec.type === "LoadBalancer" ? INGRESS : [];
      const current = (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ({ ip }));
      if (!isDeepStrictEqual(current, wanted)) void this.#write(service, wanted);
    }
  }

  async #write(service: Service, ingress: { ip: string }[]): Promise<void> {
    const { namespace = "default", name } = service.metadata;
    try {
      await this.#store.patch(
        SERVICES,
        { namespace, name },
        { type: "merge", body: { status: { loadBalancer: { ingress } } } },
        { subresource: "status" },
      );
    } catch (error) {
      if (error instanceof StoreError && error.reason === "NotFound") return;
      this.#onError(error);
      setTimeout(() => void this.#write(service, ingress), RETRY_MS).unref();
    }
  }
}
