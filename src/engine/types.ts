/** What happened to one row in one pass: `before` or `after` is undefined when the row came to be or went. */
export interface Change<V> {
  before: V | undefined;
  after: V | undefined;
}

export type Changes<V> = ReadonlyMap<string, Change<V>>;

/** How a row came to depend on what changed. */
export type Via = "source" | "read" | "bucket" | "all";

/** One reason for which a row was recomputed. */
export interface Cause {
  collection: string;
  /** The key that changed; for `bucket` and `all` one of those that did. */
  key: string;
  via: Via;
  change: "added" | "changed" | "removed";
}

/** Why a row was last recomputed, as a tree whose leaves are rows of inputs. */
export interface Explanation {
  collection: string;
  key: string;
  /** The pass that recomputed it, counted from 1. */
  pass: number;
  causes: (Cause & { because?: Explanation })[];
}

/** What one pass did, collection by collection, in order; those it did not touch are left out. */
export interface PassReport {
  pass: number;
  collections: { name: string; recomputed: number; changed: number }[];
}

export interface RowFailure {
  collection: string;
  key: string;
  error: unknown;
}
