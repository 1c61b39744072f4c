import { equal } from "./equal.ts";
import type { Index } from "./index-of.ts";
import type { Cause, Change, Changes, Explanation, RowFailure, Via } from "./types.ts";

/** A derived row that read something: it is marked for recomputation when that changes. */
export interface Dependant {
  mark(cause: Cause): void;
}

/** Those who read, by what they read. Empty sets are dropped, so that memory follows the rows that exist. */
export class Readers {
  readonly #byKey = new Map<string, Set<Dependant>>();

  add(key: string, reader: Dependant): void {
    const set = this.#byKey.get(key);
    if (set) set.add(reader);
    else this.#byKey.set(key, new Set([reader]));
  }

  delete(key: string, reader: Dependant): void {
    const set = this.#byKey.get(key);
    if (set?.delete(reader) && set.size === 0) this.#byKey.delete(key);
  }

  mark(key: string, cause: Cause): void {
    for (const reader of this.#byKey.get(key) ?? []) reader.mark(cause);
  }
}

/** A collection whose row type does not matter: what the graph and an explanation need of it. */
export interface Stage {
  readonly name: string;
  readonly order: number;
  /** Recomputes what is marked; returns how many transforms ran. */
  settle(pass: number): number;
  takeChanges(): Changes<unknown>;
  explain(key: string): Explanation | undefined;
  failures(): RowFailure[];
}

/** Keyed rows that can be read, indexed, derived from and listened to. */
export abstract class Collection<V> implements Stage {
  readonly name: string;
  /** Position in the wiring: a row may depend only on collections with a smaller one. */
  readonly order: number;
  readonly indexes: Index<V>[] = [];
  /** Rows that read one key, and rows that read all. */
  readonly keyReaders = new Readers();
  readonly allReaders = new Readers();
  /** Collections derived key by key from this one. */
  readonly followers = new Set<(key: string, cause: Cause) => void>();
  protected readonly rows = new Map<string, V>();
  #changes = new Map<string, Change<V>>();

  constructor(name: string, order: number) {
    this.name = name;
    this.order = order;
  }

  abstract settle(pass: number): number;
  abstract explain(key: string): Explanation | undefined;
  abstract failures(): RowFailure[];

  get(key: string): V | undefined {
    return this.rows.get(key);
  }

  has(key: string): boolean {
    return this.rows.has(key);
  }

  get size(): number {
    return this.rows.size;
  }

  keys(): IterableIterator<string> {
    return this.rows.keys();
  }

  entries(): IterableIterator<[string, V]> {
    return this.rows.entries();
  }

  takeChanges(): Map<string, Change<V>> {
    const changes = this.#changes;
    this.#changes = new Map();
    for (const [key, change] of changes) if (equal(change.before, change.after)) changes.delete(key);
    return changes;
  }

  /** Sets (or, with undefined, removes) a row and marks whoever depends on it, unless it is equal to what it was. */
  protected write(key: string, after: V | undefined): void {
    const before = this.rows.get(key);
    if (equal(before, after)) return;
    if (after === undefined) this.rows.delete(key);
    else this.rows.set(key, after);
    const earlier = this.#changes.get(key);
    this.#changes.set(key, { before: earlier ? earlier.before : before, after });
    const change = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    const cause = (via: Via): Cause => ({ collection: this.name, key, via, change });
    for (const follow of this.followers) follow(key, cause("source"));
    this.keyReaders.mark(key, cause("read"));
    this.allReaders.mark("", cause("all"));
    for (const index of this.indexes) index.update(key, before, after, cause("bucket"));
  }
}
