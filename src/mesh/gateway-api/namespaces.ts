import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { LabelSelector } from "../../kinds/gateway-api/common.ts";
import type { NamespaceObject } from "../kubernetes.ts";
import { selectorMatches } from "./label-selector.ts";

/** Whose objects may attach themselves. */
export interface NamespaceChoice {
  from?: "All" | "Same" | "Selector" | "None";
  selector?: LabelSelector;
}

export function namespaceAllowed(
  { from = "Same", selector }: NamespaceChoice,
  namespace: string,
  own: string,
  namespaces: Collection<NamespaceObject>,
  read: Reader,
): boolean {
  switch (from) {
    case "All":
      return true;
    case "None":
      return false;
    case "Same":
      return namespace === own;
    case "Selector": {
      const labels = read.get(namespaces, namespace)?.metadata.labels;
      return selector !== undefined && labels !== undefined && selectorMatches(selector, labels);
    }
  }
}
