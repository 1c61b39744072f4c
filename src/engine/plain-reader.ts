import type { Reader } from "./derived.ts";

/** Reads without being remembered: for who looks at collections from outside. */
export const plainReader: Reader = {
  get: (collection, key) => collection.get(key),
  bucket: (index, bucket) => index.rows(bucket),
  all: (collection) => new Map([...collection.entries()].sort(([a], [b]) => (a < b ? -1 : 1))),
};
