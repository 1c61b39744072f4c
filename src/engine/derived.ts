import { Collection, type Dependant, type Readers, type Stage } from "./collection.ts";
import { Index } from "./index-of.ts";
import type { Cause, Explanation, RowFailure } from "./types.ts";

/** What a row is computed from: a row of a collection, or the rows of one bucket of an index. */
export type Source<S> = Collection<S> | Index<unknown>;

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
  readonly #source: Source<S>;
  readonly #transform: Transform<S, Iterable<readonly [string, V]>>;
  readonly #units = new Map<string, Unit<V>>();
  #marked = new Map<string, Cause[]>();
  /** For an output key the source keys that produce it: mostly one. */
  readonly #producers = new Map<string, Set<string>>();

  constructor(name: string, order: number, source: Source<S>, transform: Transform<S, Iterable<readonly [string, V]>>) {
    super(name, order);
    this.#source = source;
    this.#transform = transform;
    this.#source.followers.add((key, cause) => this.#mark(key, cause));
  }

  /** Marks every row that the source has now: called once, when wired. */
  markAll(): void {
    const { name } = this.#origin;
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
      const stage = cause.collection === this.#origin.name ? this.#origin : unit.read.get(cause.collection);
      const because = stage?.explain(cause.key);
      return because ? { ...cause, because } : cause;
    });
    return { collection: this.name, key, pass: unit.pass, causes };
  }

  override failures(): RowFailure[] {
    return [...this.#units].flatMap(([key, unit]) =>
      unit.error === undefined ? [] : [{ collection: this.name, key, error: unit.error }],
    );
  }

  get #origin(): Stage {
    return this.#source instanceof Index ? this.#source.collection : this.#source;
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
  rows = new Map<string, V>();
  causes: Cause[] = [];
  pass = 0;
  error: unknown = undefined;
  /** Collections read, by name: to follow an explanation further. */
  read: ReadonlyMap<string, Stage> = new Map();
  readonly mark: (cause: Cause) => void;
  readonly #order: number;
  readonly #name: string;
  #reads = new Reads();

  constructor(order: number, name: string, mark: (cause: Cause) => void) {
    this.#order = order;
    this.#name = name;
    this.mark = mark;
  }

  /** Runs the transform with remembered reads. Undefined when it threw: the last good rows then stay. */
  compute(transform: (read: Reader) => Map<string, V>): Map<string, V> | undefined {
    const reads = new Reads();
    const read = new Map<string, Stage>();
    const check = (stage: Stage): void => {
      if (stage.order >= this.#order) {
        throw new Error(`engine: ${this.#name} reads ${stage.name}, which is wired after it`);
      }
      read.set(stage.name, stage);
    };
    let rows: Map<string, V> | undefined;
    try {
      rows = transform({
        get: (collection, key) => {
          check(collection);
          reads.add(collection.keyReaders, key);
          return collection.get(key);
        },
        bucket: (index, bucket) => {
          check(index.collection);
          reads.add(index.readers, bucket);
          return index.rows(bucket);
        },
        all: (collection) => {
          check(collection);
          reads.add(collection.allReaders, "");
          return new Map([...collection.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
        },
      });
      this.error = undefined;
    } catch (error) {
      this.error = error ?? new Error("the transform threw nothing");
    }
    this.#reads.leave(this);
    reads.enter(this);
    this.#reads = reads;
    this.read = read;
    return rows;
  }

  forget(): void {
    this.#reads.leave(this);
  }
}

/** What one run of a transform read: the registers to stand in, and under which keys. */
class Reads {
  readonly #keys = new Map<Readers, Set<string>>();

  add(readers: Readers, key: string): void {
    const keys = this.#keys.get(readers);
    if (keys) keys.add(key);
    else this.#keys.set(readers, new Set([key]));
  }

  enter(reader: Dependant): void {
    for (const [readers, keys] of this.#keys) for (const key of keys) readers.add(key, reader);
  }

  leave(reader: Dependant): void {
    for (const [readers, keys] of this.#keys) for (const key of keys) readers.delete(key, reader);
  }
}
