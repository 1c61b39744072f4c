/** ReferenceGrants: whether an object of one namespace may refer to one of another. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import type { ReferenceGrantObject, ReferenceGrantSpec } from "../../kinds/gateway-api/reference-grant.ts";
import type { KubeObject } from "../../store/object.ts";

export interface Reference {
  from: { group: string; kind: string; namespace: string };
  to: { group: string; kind: string; namespace: string; name: string };
}

/** Buckets: the namespace that grants. */
export type Grants = Index<ReferenceGrantSpec & { namespace: string }>;

export function wireGrants(graph: Graph, objects: Collection<KubeObject>): Grants {
  const rows = graph.derive("reference grants", objects, (_key, object) =>
    isGrant(object) ? { ...object.spec, namespace: object.metadata.namespace ?? "" } : undefined,
  );
  return graph.index(rows, "namespace", ({ namespace }) => [namespace]);
}

export function mayRefer(grants: Grants, read: Reader, { from, to }: Reference): boolean {
  if (from.namespace === to.namespace) return true;
  return [...read.bucket(grants, to.namespace).values()].some(
    (grant) =>
      grant.from.some((f) => f.group === from.group && f.kind === from.kind && f.namespace === from.namespace) &&
      grant.to.some((t) => t.group === to.group && t.kind === to.kind && (t.name === undefined || t.name === to.name)),
  );
}

function isGrant(object: KubeObject): object is ReferenceGrantObject {
  return typeof object.spec === "object" && object.spec !== null;
}
