/** What every part of an installation does with objects: find their resource, name them, look them up. */
import { LateenError } from "../../../errors.ts";
import { kinds } from "../../../kinds/registry.ts";
import { StoreError } from "../../../store/error.ts";
import { apiVersionOf, type KubeObject, type ResourceType } from "../../../store/object.ts";
import type { ListOptions, ObjectName, Store } from "../../../store/store.ts";

/** Who owns the fields that an installation sets. */
export const FIELD_MANAGER = "lateen-install";

/** The resource of an object, in the version that the object is written in. */
export function typeOf({ apiVersion, kind, metadata }: KubeObject): ResourceType {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const found = kinds.find(
    ({ type, otherVersions = [] }) =>
      type.kind === kind && type.group === group && [type.version, ...otherVersions].includes(version),
  );
  if (found) return { ...found.type, version };
  throw new LateenError(
    "LTN5320",
    `${kind} ${metadata.name}: lateen does not know kind ${kind} of ${apiVersion}`,
    "Leave it out, and apply it with kubectl.",
  );
}

export function nameOf(object: KubeObject): ObjectName {
  const { name, namespace = "default" } = object.metadata;
  return typeOf(object).namespaced ? { namespace, name } : { name };
}

/** `Deployment istio-system/istiod`, as messages name it. */
export function shown({ kind, metadata: { name, namespace } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** Tells objects apart, whatever the version they are shown in. */
export function idOf(object: KubeObject): string {
  const { group, plural } = typeOf(object);
  const { namespace = "", name } = nameOf(object);
  return `${group}/${plural}/${namespace}/${name}`;
}

export async function find<T extends KubeObject>(
  store: Store,
  type: ResourceType,
  name: ObjectName,
): Promise<T | undefined> {
  try {
    return await store.get<T>(type, name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** All objects of a kind; none when the API does not serve the kind. Watch out: of whole clusters, so by labels. */
export async function listAll<T extends KubeObject>(
  store: Store,
  type: ResourceType,
  options: ListOptions = {},
): Promise<T[]> {
  try {
    // A list's items come without what they share.
    const { items } = await store.list<T>(type, options);
    return items.map((item) => ({ ...item, apiVersion: apiVersionOf(type), kind: type.kind }));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Deletes the object if it is there; true when it was. */
export async function remove(store: Store, object: KubeObject): Promise<boolean> {
  const { uid } = object.metadata;
  try {
    await store.delete(typeOf(object), nameOf(object), {
      propagationPolicy: "Background",
      ...(uid !== undefined && { preconditions: { uid } }),
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StoreError && error.reason === "NotFound";
}
