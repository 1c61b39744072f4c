/** CustomResourceDefinitions: what they define, and whether there are objects of it. */
import { customResourceDefinitionKind } from "../../../kinds/core/custom-resource-definition.ts";
import type { KubeObject, ResourceType } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import type { Store } from "../../../store/store.ts";
import { isNotFound, listAll } from "./objects.ts";

interface Definition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: { plural: string; kind: string };
    versions: { name: string; served: boolean; storage: boolean }[];
  };
  status?: { conditions?: { type: string; status: string; message?: string }[]; storedVersions?: string[] };
}

export const definitionType: ResourceType = customResourceDefinitionKind.type;

function isDefinition(object: KubeObject): object is Definition {
  const { spec } = object;
  return object.kind === "CustomResourceDefinition" && isFields(spec) && Array.isArray(spec.versions);
}

export function definitionsOf(objects: readonly KubeObject[]): Definition[] {
  return objects.filter(isDefinition);
}

export async function listDefinitions(store: Store, labelSelector?: string): Promise<Definition[]> {
  return definitionsOf(await listAll(store, definitionType, labelSelector === undefined ? {} : { labelSelector }));
}

/** What a definition lets the API serve, in the version that objects are stored in. */
function definedType({ spec }: Definition): ResourceType {
  const stored = spec.versions.find(({ storage }) => storage) ?? spec.versions[0];
  return {
    group: spec.group,
    version: stored?.name ?? "v1",
    plural: spec.names.plural,
    kind: spec.names.kind,
    namespaced: spec.scope === "Namespaced",
  };
}

export function isEstablished({ status }: Definition): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") === true;
}

export async function hasObjects(store: Store, object: KubeObject): Promise<boolean> {
  return isDefinition(object) && (await countObjects(store, object)) > 0;
}

export async function countObjects(store: Store, definition: Definition): Promise<number> {
  try {
    const { items, remainingItemCount = 0 } = await store.list(definedType(definition), { limit: 100 });
    return items.length + remainingItemCount;
  } catch (error) {
    // Not served (yet): then nobody can have made any.
    if (isNotFound(error)) return 0;
    throw error;
  }
}
