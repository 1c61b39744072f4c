import type { KubeObject, ResourceType } from "../object.ts";

/**
 * What the store needs to know about a kind. `Kind` (src/kinds), which knows more, fits; the store is a layer below
 * and so says only what it uses.
 */
export interface StoredKind {
  type: ResourceType;
  /** Other versions under which the same schema is served. The type's own is the stored one. */
  otherVersions?: readonly string[];
  /** JSON Schema of the object without apiVersion, kind and metadata. */
  schema: object;
  /** Whether unknown fields are kept silently. */
  open?: boolean;
  /** Whether it has a status subresource. */
  status?: boolean;
  /** Keys of lists for strategic merge patch and server-side apply, by path. */
  listMapKeys?: Readonly<Record<string, readonly string[]>>;
  defaults?(object: KubeObject): KubeObject;
  validate?(object: KubeObject): readonly Problem[];
  warn?(object: KubeObject): readonly Problem[];
}

export interface Problem {
  code: string;
  field: string;
  message: string;
  remedy?: string;
}
