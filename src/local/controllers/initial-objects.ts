import { namespaceKind } from "../../kinds/core/namespace.ts";
import { StoreError } from "../../store/error.ts";
import type { Store } from "../../store/store.ts";

export const NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease", "istio-system"];

/** Makes the namespaces that are not there yet. */
export async function createNamespaces(store: Store, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
    }
  }
}
