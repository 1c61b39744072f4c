/** ListenerSets: which Gateway each is for, and whether that takes its listeners. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import { type ListenerSetSpec, listenerSetKind } from "../../kinds/gateway-api/listener-set.ts";
import type { KubeObject } from "../../store/object.ts";
import type { NamespaceObject } from "../kubernetes.ts";
import type { WrittenListener } from "./listeners.ts";
import { type NamespaceChoice, namespaceAllowed } from "./namespaces.ts";
import { type GatewayParsed, GROUP, type Parsed, parsedObjects } from "./objects.ts";

export type ListenerSetParsed = Parsed<ListenerSetSpec>;

export interface ListenerSets {
  rows: Collection<ListenerSetParsed>;
  /** Bucket `namespace/name` of the Gateway. */
  byGateway: Index<ListenerSetParsed>;
}

export function wireListenerSets(graph: Graph, objects: Collection<KubeObject>): ListenerSets {
  const rows = parsedObjects(graph, listenerSetKind, objects);
  return { rows, byGateway: graph.index(rows, "Gateway", (set) => [parentOf(set) ?? ""]) };
}

/** `namespace/name` of the Gateway that it is for; undefined when it is for something else. */
export function parentOf({ namespace, spec: { parentRef } }: ListenerSetParsed): string | undefined {
  const { group = GROUP, kind = "Gateway", name } = parentRef;
  return group === GROUP && kind === "Gateway" ? `${parentRef.namespace ?? namespace}/${name}` : undefined;
}

/** Whether a Gateway takes listeners of ListenerSets of a namespace: not unless it says so. */
export function takesListeners(
  gateway: GatewayParsed,
  namespace: string,
  namespaces: Collection<NamespaceObject>,
  read: Reader,
): boolean {
  const choice: NamespaceChoice = { from: "None", ...gateway.spec.allowedListeners?.namespaces };
  return namespaceAllowed(choice, namespace, gateway.namespace, namespaces, read);
}

/** Listeners that are added to a Gateway: those of older sets first. */
export function addedListeners(
  gateway: GatewayParsed,
  sets: ListenerSets,
  namespaces: Collection<NamespaceObject>,
  read: Reader,
): WrittenListener[] {
  const key = ({ namespace, name }: ListenerSetParsed): string => `${namespace}/${name}`;
  return [...read.bucket(sets.byGateway, `${gateway.namespace}/${gateway.name}`).values()]
    .filter(({ namespace }) => takesListeners(gateway, namespace, namespaces, read))
    .sort((a, b) => a.createdAt - b.createdAt || (key(a) < key(b) ? -1 : 1))
    .flatMap(({ namespace, name, spec }) => {
      const owner = { kind: `${GROUP}/ListenerSet`, namespace, name };
      return spec.listeners.map((listener) => ({ spec: listener, owner }));
    });
}
