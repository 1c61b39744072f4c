import { type Namespace, namespaceKind } from "../../../../kinds/core/namespace.ts";
import type { Store } from "../../../../store/store.ts";
import { error, type Finding } from "../finding.ts";
import { find } from "../objects.ts";

/** A namespace on its way out takes nothing new, and takes with it what comes in. */
export async function checkNamespace(store: Store, name: string): Promise<Finding[]> {
  const namespace = await find<Namespace>(store, namespaceKind.type, { name });
  if (!namespace || (namespace.metadata.deletionTimestamp === undefined && namespace.status?.phase !== "Terminating")) {
    return [];
  }
  const held = (namespace.status?.conditions ?? [])
    .filter(({ status, type }) => status === "True" && /Remaining|Failure/.test(type))
    .map(({ message }) => message ?? "");
  const why = held.length > 0 ? `: ${held.join("; ")}` : "";
  return [
    error(
      "LTN5342",
      `namespace ${name} is being deleted${why}`,
      `Wait until it is gone, then install again: kubectl wait --for=delete namespace/${name}`,
    ),
  ];
}
