/**
 * The one interface to configuration, spoken in Kubernetes' terms. Two implementations: embedded (in this process,
 * durable in SQLite) and cluster (a kube-apiserver over HTTPS). Nothing above this file can tell which.
 */
import type { KubeObject, ResourceType } from "./object.ts";

export interface ListOptions {
  namespace?: string;
  /** Kubernetes' label selector syntax, `app=reviews,version in (v1,v2)`. */
  labelSelector?: string;
  /** Kubernetes' field selector syntax, `metadata.name=reviews`. */
  fieldSelector?: string;
}

/** Paging: at most `limit` objects, and where to go on. All pages show the state at the first one's version. */
export interface PageOptions {
  limit?: number;
  /** `continue` of the page before. When it is too old, the list fails with reason Expired (410). */
  continue?: string;
}

export interface ObjectList<T extends KubeObject = KubeObject> {
  items: T[];
  /** The store's version at which the list was taken: where a watch goes on from. */
  resourceVersion: string;
  /** Present when there is more: goes into the next call's `continue`. */
  continue?: string;
  remainingItemCount?: number;
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; resourceVersion: string };

export interface WatchOptions extends ListOptions {
  /**
   * Events after this version. When it is too old to know them, the watch fails with reason Expired (410).
   * "" or "0": what there is now comes first, as ADDED.
   */
  resourceVersion: string;
  signal: AbortSignal;
}

export interface ObjectName {
  namespace?: string;
  name: string;
}

/** `apply` is server-side apply and needs a field manager. */
export type Patch =
  | { type: "json"; body: unknown[] }
  | { type: "merge" | "strategic"; body: object }
  | { type: "apply"; body: object };

export interface WriteOptions {
  subresource?: "status" | "scale";
  fieldManager?: string;
  /** With `apply`: take over fields that others own. */
  force?: boolean;
  dryRun?: boolean;
  /** What to do about unknown fields: refuse (the default), drop and warn, or drop. */
  fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** Gets what is allowed but likely a mistake, one text each. */
  warn?(text: string): void;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

/** All methods reject with a `StoreError`. Objects that come out must not be changed by the caller. */
export interface Store {
  list<T extends KubeObject>(type: ResourceType, options?: ListOptions & PageOptions): Promise<ObjectList<T>>;
  /** Ends without error when `signal` aborts. May also end by itself (a server closes watches now and then). */
  watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  get<T extends KubeObject>(type: ResourceType, name: ObjectName): Promise<T>;
  create<T extends KubeObject>(type: ResourceType, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces. With a `resourceVersion` in the object, only if it is still the current one (else Conflict). */
  update<T extends KubeObject>(type: ResourceType, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(type: ResourceType, name: ObjectName, patch: Patch, options?: WriteOptions): Promise<T>;
  delete(type: ResourceType, name: ObjectName, options?: DeleteOptions): Promise<void>;
}
