/**
 * What Lateen knows about a kind of object, in one place: names, schema, columns, defaults, validation. The embedded
 * API serves it, the CRDs of a cluster and the documentation are generated from it, the validation webhook runs it.
 */
import type { TSchema } from "typebox";
import type { KubeObject, ResourceType } from "../store/object.ts";

/** A column of `kubectl get`, as in a CRD's additionalPrinterColumns. */
export interface Column {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  /** JSONPath from the object's root in Kubernetes' subset, `.spec.hosts`. */
  jsonPath: string;
  description?: string;
  /** Above 0: only with `-o wide`. */
  priority?: number;
}

/** Something wrong with an object. `field` is a path such as `spec.http[0].route[1].weight`. */
export interface Problem {
  /** `LTN…`, or Istio's own `IST…`. */
  code: string;
  field: string;
  message: string;
  remedy?: string;
}

export interface Kind<T extends KubeObject = KubeObject> {
  type: ResourceType;
  /** Other versions under which the same schema is served, such as v1beta1. The type's version is the stored one. */
  otherVersions?: readonly string[];
  singular: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  description: string;
  /** JSON Schema of the object without apiVersion, kind and metadata: mostly `spec` and `status`. */
  schema: TSchema;
  /** True when unknown fields are kept silently; false: they are refused, as kubectl's strict validation does. */
  open?: boolean;
  columns?: readonly Column[];
  /** Whether it has a status subresource: then writes of the object leave status alone and the other way round. */
  status?: boolean;
  /** Keys of lists for strategic merge patch and server-side apply, by path: `spec.ports` → ["port", "protocol"]. */
  listMapKeys?: Readonly<Record<string, readonly string[]>>;
  /** Returns the object with defaults filled in. Pure. */
  defaults?(object: T): T;
  /** What the schema cannot say. Errors refuse the object. */
  validate?(object: T): Problem[];
  /** What must not change once an object exists. Errors refuse the update. */
  validateUpdate?(object: T, old: T): Problem[];
  /** What is allowed, but likely a mistake: shown by kubectl as a warning. */
  warn?(object: T): Problem[];
}
