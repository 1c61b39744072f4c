/** What answers for a resource: the store, or a view that is derived from it. */
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { DeleteOptions, ObjectName, Store } from "../../store/store.ts";

export interface Backend extends Store {
  /** As `delete`, and tells what became of the object: gone, or on its way. */
  remove(type: ResourceType, name: ObjectName, options?: DeleteOptions): Promise<{ object: KubeObject; gone: boolean }>;
}

/** Sends each type to the backend that answers for it. */
export function routed(main: Backend, views: Readonly<Record<string, Backend>>): Backend {
  const of = (type: ResourceType): Backend => views[`${type.group}/${type.plural}`] ?? main;
  return {
    list: (type, options) => of(type).list(type, options),
    watch: (type, options) => of(type).watch(type, options),
    get: (type, name) => of(type).get(type, name),
    create: (type, object, options) => of(type).create(type, object, options),
    update: (type, object, options) => of(type).update(type, object, options),
    patch: (type, name, patch, options) => of(type).patch(type, name, patch, options),
    delete: (type, name, options) => of(type).delete(type, name, options),
    remove: (type, name, options) => of(type).remove(type, name, options),
  };
}

/** Callers name the type that they ask for; a view makes objects of that type. */
export function typed<T extends KubeObject>(object: KubeObject): T {
  return object as T;
}
