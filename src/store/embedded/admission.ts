import type { KubeObject, ResourceType } from "../object.ts";

export type Operation = "create" | "update" | "delete";

/**
 * Takes part in every write of an object (not of its status): sidecar injection, defaulted names, quotas.
 * Runs after defaults and before validation.
 */
export interface Admission {
  /**
   * Returns the object to store, a new one or `object` itself changed (it is a copy); for `delete` the result is
   * ignored. Throws a StoreError to refuse. `old` is undefined on create; on delete `object` is what goes.
   */
  admit?(
    operation: Operation,
    type: ResourceType,
    object: KubeObject,
    old: KubeObject | undefined,
  ): KubeObject | Promise<KubeObject>;
}
