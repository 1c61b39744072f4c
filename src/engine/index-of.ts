import { type Collection, Readers } from "./collection.ts";
import type { Cause } from "./types.ts";

/** Written as a method, so that an index of narrow rows serves where one of wider rows is asked for. */
export type BucketsOf<V> = { of(value: V, key: string): Iterable<string> }["of"];

/** The rows of a collection by bucket. A row stands in each bucket that `bucketsOf` names for it. */
export class Index<V> {
  readonly name: string;
  readonly collection: Collection<V>;
  readonly readers = new Readers();
  /** Collections with a row per bucket. */
  readonly followers = new Set<(bucket: string, cause: Cause) => void>();
  readonly #bucketsOf: BucketsOf<V>;
  readonly #buckets = new Map<string, Map<string, V>>();

  constructor(name: string, collection: Collection<V>, bucketsOf: BucketsOf<V>) {
    this.name = name;
    this.collection = collection;
    this.#bucketsOf = bucketsOf;
    for (const [key, value] of collection.entries()) this.#add(key, value);
  }

  /** The rows of a bucket in the order of their keys, so that what is computed from them is reproducible. */
  rows(bucket: string): ReadonlyMap<string, V> {
    const rows = this.#buckets.get(bucket);
    return rows ? new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1))) : new Map();
  }

  buckets(): IterableIterator<string> {
    return this.#buckets.keys();
  }

  update(key: string, before: V | undefined, after: V | undefined, cause: Cause): void {
    const old = before === undefined ? [] : [...new Set(this.#bucketsOf(before, key))];
    for (const bucket of old) {
      const rows = this.#buckets.get(bucket);
      rows?.delete(key);
      if (rows?.size === 0) this.#buckets.delete(bucket);
    }
    const now = after === undefined ? [] : this.#add(key, after);
    for (const bucket of new Set([...old, ...now])) {
      for (const follow of this.followers) follow(bucket, { ...cause, via: "source" });
      this.readers.mark(bucket, cause);
    }
  }

  #add(key: string, value: V): string[] {
    const buckets = [...new Set(this.#bucketsOf(value, key))];
    for (const bucket of buckets) {
      const rows = this.#buckets.get(bucket);
      if (rows) rows.set(key, value);
      else this.#buckets.set(bucket, new Map([[key, value]]));
    }
    return buckets;
  }
}
