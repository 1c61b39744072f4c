import type { ResourceType } from "../store/object.ts";

/** A condition as the model sees it: whoever writes it knows since when it has been so. */
export interface ConditionRow {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  /** Absent: who says this has not seen the object itself. */
  observedGeneration?: number;
}

/**
 * What an object's status is to say. Of the status only the fields named here are written; in `conditions` those of
 * other types stay, and in `parents` those of other controllers.
 */
export interface StatusRow<S extends object = object> {
  type: ResourceType;
  /** "" for cluster-scoped objects. */
  namespace: string;
  name: string;
  status: S;
}
