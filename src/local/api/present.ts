/** Objects in the form that a client asked for: as they are, as rows of a table, or as their metadata only. */
import type { KubeObject } from "../../store/object.ts";
import { apiVersionOf } from "../../store/object.ts";
import type { ObjectList } from "../../store/store.ts";
import type { ServedResource } from "./catalog.ts";
import type { Accepted } from "./negotiate.ts";
import { metadataOf, type TableOptions, toTable } from "./tables/table.ts";

export interface Presenter {
  one(object: KubeObject): object;
  list(list: ObjectList): object;
}

export function presenter(resource: ServedResource, accepted: readonly Accepted[], url: URL): Presenter {
  const form = accepted.find(
    ({ as, group, version }) => as === undefined || (group === "meta.k8s.io" && isMeta(as, version)),
  );
  if (form?.as === "Table") return tables(resource, url);
  if (form?.as !== undefined) return metadataOnly();
  return {
    one: (object) => object,
    list: (list) => ({
      kind: `${resource.type.kind}List`,
      apiVersion: apiVersionOf(resource.type),
      metadata: listMetadata(list),
      items: list.items,
    }),
  };
}

function isMeta(as: string, version: string | undefined): boolean {
  return version === "v1" && (as === "Table" || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList");
}

function tables(resource: ServedResource, url: URL): Presenter {
  const wanted = url.searchParams.get("includeObject");
  const include = wanted === "None" || wanted === "Object" ? wanted : "Metadata";
  let headers = true;
  const options = (): TableOptions => {
    const first = headers;
    headers = false;
    return { now: Date.now(), include, headers: first };
  };
  return {
    one: (object) => toTable(resource.kind, [object], { resourceVersion: object.metadata.resourceVersion }, options()),
    list: (list) => toTable(resource.kind, list.items, listMetadata(list), options()),
  };
}

function metadataOnly(): Presenter {
  return {
    one: metadataOf,
    list: (list) => ({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: listMetadata(list),
      items: list.items.map(metadataOf),
    }),
  };
}

function listMetadata({ resourceVersion, continue: next, remainingItemCount }: ObjectList): object {
  return {
    resourceVersion,
    ...(next !== undefined && { continue: next }),
    ...(remainingItemCount !== undefined && { remainingItemCount }),
  };
}
