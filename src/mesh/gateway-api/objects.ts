/** The Gateway API's objects as the model reads them: with defaults, and without their status. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { type GatewaySpec, gatewayKind } from "../../kinds/gateway-api/gateway.ts";
import type { Kind } from "../../kinds/kind.ts";
import type { KubeObject } from "../../store/object.ts";
import { createdAt } from "../age.ts";

/** The API group of all that this folder reads. */
export const GROUP = "gateway.networking.k8s.io";

export interface Parsed<S> {
  namespace: string;
  name: string;
  generation: number;
  createdAt: number;
  annotations: Readonly<Record<string, string>>;
  spec: S;
}

export type GatewayParsed = Parsed<GatewaySpec>;

type Specified<S> = KubeObject & { spec: S };

/**
 * Statuses are left out here, so that writing one recomputes nothing.
 * @param keeps The annotations that matter.
 */
export function parsedObjects<S extends object>(
  graph: Graph,
  kind: Kind<Specified<S>>,
  objects: Collection<KubeObject>,
  keeps: (annotation: string) => boolean = () => false,
): Collection<Parsed<S>> {
  // The store admits only what the kind's schema admits; what has no spec came some other way.
  const isSpecified = (object: KubeObject): object is Specified<S> =>
    typeof object.spec === "object" && object.spec !== null;
  return graph.derive(`${kind.type.kind} objects of the Gateway API`, objects, (_key, object) => {
    if (!isSpecified(object)) return undefined;
    const { metadata } = object;
    return {
      namespace: metadata.namespace ?? "",
      name: metadata.name,
      generation: metadata.generation ?? 0,
      createdAt: createdAt(metadata),
      annotations: Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => keeps(name))),
      spec: (kind.defaults?.(object) ?? object).spec,
    };
  });
}

export function parsedGateways(graph: Graph, objects: Collection<KubeObject>): Collection<GatewayParsed> {
  return parsedObjects(graph, gatewayKind, objects, (name) => name.startsWith("gateway.istio.io/"));
}
