import { Collection, type Dependant } from "./collection.ts";
import { Index } from "./index-of.ts";
import type { Cause, Explanation, RowFailure } from "./types.ts";

/** What a row is computed from: a row of a collection, or the rows of one bucket of an index. */
export type Source<S> = Collection<S> | (S extends ReadonlyMap<string, infer V> ? Index<V> : never);

/** Reads that are remembered. A transform must read through nothing else. */
export interface Reader {
  /** The row, or undefined; its coming to be counts as a change too. */
  get<V>(collection: Collection<V>, key: string): V | undefined;
  /** The rows of one bucket, in the order of their keys. */
  bucket<V>(index: Index<V>, bucket: string): ReadonlyMap<string, V>;
  /** All rows, in the order of their keys. Any change of any row recomputes the reader: use it where that is meant. */
  all<V>(collection: Collection<V>): ReadonlyMap<string, V>;
}

export type Transform<S, R> = (key: string, value: S, read: Reader) => R;

/** Causes kept per row: enough to understand, bounded in memory. */
const CAUSES_KEPT = 4;

export class Derived<S, V> extends Collection<V> {
  readonly #source: Collection<S> | Index<unknown>;
  readonly #transform: Transform<S, Iterable<readonly [string, V]>>;
  readonly #units = new Map<string, Unit<V>>();
  #marked = new Map<string, Cause[]>();
  /** For an output key the source keys that produce it: mostly one. */
  readonly #producers = new Map<string, Set<string>>();
  readonly #graphCollections = new Map<string, Collection<unknown>>();

  constructor(name: string, order: number, source: Source<S>, transform: Transform<S, Iterable<readonly [string, V]>>) {
    super(name, order);
    this.#source = source as Collection<S> | Index<unknown>;
    this.#transform = transform;
    const origin = this.#source instanceof Index ? this.#source.collection : this.#source;
    this.#graphCollections.set(origin.name, origin as Collection<unknown>);
    this.#source.followers.add((key, cause) => this.#mark(key, cause));
  }

  /** Marks every row that the source has now: called once, when wired. */
  markAll(): void {
    const name = this.#source instanceof Index ? this.#source.collection.name : this.#source.name;
    const keys = this.#source instanceof Index ? this.#source.buckets() : this.#source.keys();
    for (const key of keys) this.#mark(key, { collection: name, key, via: "source", change: "added" });
  }

  override settle(pass: number): number {
    if (this.#marked.size === 0) return 0;
    const marked = this.#marked;
    this.#marked = new Map();
    const touched = new Set<string>();
    let ran = 0;
    for (const [key, causes] of marked) {
      const value = this.#sourceValue(key);
      const unit = this.#units.get(key);
      if (value === undefined) {
        if (!unit) continue;
        unit.forget();
        this.#units.delete(key);
        for (const out of unit.rows.keys()) this.#withdraw(out, key, touched);
        continue;
      }
      ran++;
      const current = unit ?? new Unit<V>(this.order, this.name, (cause) => this.#mark(key, cause));
      if (!unit) this.#units.set(key, current);
      current.pass = pass;
      current.causes = causes;
      const rows = current.compute((read) => new Map(this.#transform(key, value, read)));
      if (!rows) continue;
      for (const out of current.rows.keys()) if (!rows.has(out)) this.#withdraw(out, key, touched);
      for (const out of rows.keys()) {
        const producers = this.#producers.get(out);
        if (producers) producers.add(key);
        else this.#producers.set(out, new Set([key]));
        touched.add(out);
      }
      current.rows = rows;
    }
    for (const out of touched) this.write(out, this.#winner(out));
    return ran;
  }

  override explain(key: string): Explanation | undefined {
    const producer = [...(this.#producers.get(key) ?? [])].sort()[0] ?? key;
    const unit = this.#units.get(producer);
    if (!unit) return undefined;
    const causes = unit.causes.map((cause) => {
      const collection = this.#graphCollections.get(cause.collection) ?? unit.read.get(cause.collection);
      const because = collection?.explain(cause.key);
      return because ? { ...cause, because } : cause;
    });
    return { collection: this.name, key, pass: unit.pass, causes };
  }

  override failures(): RowFailure[] {
    return [...this.#units].flatMap(([key, unit]) =>
      unit.error === undefined ? [] : [{ collection: this.name, key, error: unit.error }],
    );
  }

  #mark(key: string, cause: Cause): void {
    const causes = this.#marked.get(key);
    if (!causes) this.#marked.set(key, [cause]);
    else if (causes.length < CAUSES_KEPT) causes.push(cause);
  }

  #sourceValue(key: string): S | undefined {
    if (!(this.#source instanceof Index)) return this.#source.get(key);
    const rows = this.#source.rows(key);
    return rows.size === 0 ? undefined : (rows as S);
  }

  #withdraw(out: string, key: string, touched: Set<string>): void {
    const producers = this.#producers.get(out);
    producers?.delete(key);
    if (producers?.size === 0) this.#producers.delete(out);
    touched.add(out);
  }

  #winner(out: string): V | undefined {
    const producers = this.#producers.get(out);
    if (!producers) return undefined;
    let least: string | undefined;
    for (const key of producers) if (least === undefined || key < least) least = key;
    return least === undefined ? undefined : this.#units.get(least)?.rows.get(out);
  }
}

/** What one source key gave: its rows, what it read, and why it was last computed. */
class Unit<V> implements Dependant {
  readonly order: number;
  rows = new Map<string, V>();
  causes: Cause[] = [];
  pass = 0;
  error: unknown = undefined;
  /** Collections read, by name: to follow an explanation further. */
  read = new Map<string, Collection<unknown>>();
  readonly mark: (cause: Cause) => void;
  readonly #name: string;
  #undo: (() => void)[] = [];

  constructor(order: number, name: string, mark: (cause: Cause) => void) {
    this.order = order;
    this.#name = name;
    this.mark = mark;
  }

  /** Runs the transform with remembered reads. Undefined when it threw: the last good rows then stay. */
  compute(transform: (read: Reader) => Map<string, V>): Map<string, V> | undefined {
    const undo = this.#undo;
    this.#undo = [];
    this.read = new Map();
    let rows: Map<string, V> | undefined;
    try {
      rows = transform(this.#reader());
      this.error = undefined;
    } catch (error) {
      this.error = error ?? new Error("the transform threw nothing");
    }
    // After the new reads are in place, so that a set that is kept is not emptied and made again.
    const kept = this.#undo;
    for (const forget of undo) forget();
    this.#undo = [];
    for (const again of kept) this.#undo.push(again);
    this.#register();
    return rows;
  }

  forget(): void {
    for (const forget of this.#undo) forget();
    this.#undo = [];
  }

  readonly #pending: (() => void)[] = [];

  #register(): void {
    for (const add of this.#pending) add();
    this.#pending.length = 0;
  }

  #reader(): Reader {
    this.#pending.length = 0;
    const seen = new Set<unknown>();
    const seenKeys = new Map<unknown, Set<string>>();
    const first = (what: object, key?: string): boolean => {
      if (key === undefined) return seen.has(what) ? false : Boolean(seen.add(what));
      const keys = seenKeys.get(what) ?? new Set();
      seenKeys.set(what, keys);
      return keys.has(key) ? false : Boolean(keys.add(key));
    };
    const check = (collection: Collection<never>): void => {
      if (collection.order >= this.order) {
        throw new Error(`engine: ${this.#name} reads ${collection.name}, which is wired after it`);
      }
      this.read.set(collection.name, collection as unknown as Collection<unknown>);
    };
    const track = (add: () => void, forget: () => void): void => {
      this.#pending.push(add);
      this.#undo.push(forget);
    };
    return {
      get: (collection, key) => {
        check(collection as unknown as Collection<never>);
        const readers = collection.keyReaders;
        if (first(collection, key))
          track(
            () => readers.add(key, this),
            () => readers.delete(key, this),
          );
        return collection.get(key);
      },
      bucket: (index, bucket) => {
        check(index.collection as unknown as Collection<never>);
        const { readers } = index;
        if (first(index, bucket))
          track(
            () => readers.add(bucket, this),
            () => readers.delete(bucket, this),
          );
        return index.rows(bucket);
      },
      all: (collection) => {
        check(collection as unknown as Collection<never>);
        const readers = collection.allReaders;
        if (first(collection))
          track(
            () => readers.add(this),
            () => readers.delete(this),
          );
        return new Map([...collection.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
      },
    };
  }
}
