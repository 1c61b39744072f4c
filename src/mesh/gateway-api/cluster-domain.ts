import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { MeshSettings } from "../model.ts";

/** The cluster's domain, from the mesh's settings (one row, key ""). */
export function clusterDomainOf(settings: Collection<MeshSettings>, read: Reader): string {
  return read.get(settings, "")?.clusterDomain ?? "cluster.local";
}
