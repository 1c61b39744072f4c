/**
 * The incremental engine: keyed collections, some set from outside (inputs), the others derived by pure transforms.
 *
 * A transform computes one row from one source row and from whatever else it reads through its `Reader`; every read
 * is remembered (one key, also when absent; one bucket of an index; all of a collection), so that a change recomputes
 * exactly the rows that read what changed. A batch of changes is one synchronous pass in the order in which the
 * collections were wired; a transform may only read collections wired before its own, so there are no cycles. A row
 * that comes out equal to what it was stops there. Every row can say why it was last recomputed.
 */
import type { Collection, Stage } from "./collection.ts";
import { Derived, type Source, type Transform } from "./derived.ts";
import { type BucketsOf, Index } from "./index-of.ts";
import { Input } from "./input.ts";
import type { Changes, Explanation, PassReport, RowFailure } from "./types.ts";

export class Graph {
  readonly #collections: Stage[] = [];
  readonly #listeners = new Map<Stage, Set<(changes: Changes<unknown>) => void>>();
  readonly #passListeners = new Set<(report: PassReport) => void>();
  #depth = 0;
  #running = false;
  #pass = 0;

  /** Wires a collection whose rows are set from outside. `name` is unique and appears in explanations. */
  input<V>(name: string): Input<V> {
    return this.#wire(new Input<V>(name, this.#collections.length, (write) => this.batch(write)));
  }

  /**
   * Wires a collection with at most one row per key of `source` (a collection, or an index: one row per bucket).
   * `transform` must be pure; `undefined` means no row. If it throws, the row keeps its last good value and the
   * error is in `failures()`.
   */
  derive<S, V>(name: string, source: Collection<S>, transform: Transform<S, V | undefined>): Collection<V>;
  derive<S, V>(
    name: string,
    source: Index<S>,
    transform: Transform<ReadonlyMap<string, S>, V | undefined>,
  ): Collection<V>;
  derive<S, V>(name: string, source: Source<S>, transform: Transform<S, V | undefined>): Collection<V> {
    return this.#wireDerived<S, V>(name, source, (key, value, read) => {
      const row = transform(key, value, read);
      return row === undefined ? [] : [[key, row]];
    });
  }

  /** As `derive`, with any number of rows per source key. Of rows with one key, that of the least source key is taken. */
  deriveMany<S, V>(
    name: string,
    source: Collection<S>,
    transform: Transform<S, Iterable<readonly [string, V]>>,
  ): Collection<V>;
  deriveMany<S, V>(
    name: string,
    source: Index<S>,
    transform: Transform<ReadonlyMap<string, S>, Iterable<readonly [string, V]>>,
  ): Collection<V>;
  deriveMany<S, V>(
    name: string,
    source: Source<S>,
    transform: Transform<S, Iterable<readonly [string, V]>>,
  ): Collection<V> {
    return this.#wireDerived(name, source, transform);
  }

  /** Wires an index: each row of `collection` stands in the buckets that `bucketsOf` names. */
  index<V>(collection: Collection<V>, name: string, bucketsOf: BucketsOf<V>): Index<V> {
    const index = new Index<V>(`${collection.name} by ${name}`, collection, bucketsOf);
    collection.indexes.push(index);
    return index;
  }

  /** Runs `change`, which sets and deletes rows of inputs, and then one pass for all of it. Batches nest. */
  batch(change: () => void): void {
    if (this.#running) throw new Error("engine: a transform must not change an input");
    this.#depth++;
    try {
      change();
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#run();
    }
  }

  /** Calls `listener` after each pass that changed rows of `collection`. Returns how to stop. */
  onChange<V>(collection: Collection<V>, listener: (changes: Changes<V>) => void): () => void {
    const set = this.#listeners.get(collection) ?? new Set();
    this.#listeners.set(collection, set);
    const entry = listener as (changes: Changes<unknown>) => void;
    set.add(entry);
    return () => set.delete(entry);
  }

  /** Calls `listener` at the end of each pass with what it cost, after the listeners of `onChange`. */
  onPass(listener: (report: PassReport) => void): () => void {
    this.#passListeners.add(listener);
    return () => this.#passListeners.delete(listener);
  }

  /** Why the row was last recomputed, back to the inputs that changed. `undefined` when there was never such a row. */
  explain(collection: Stage, key: string): Explanation | undefined {
    return collection.explain(key);
  }

  /** The rows whose transform threw when it last ran. */
  failures(): RowFailure[] {
    return this.#collections.flatMap((collection) => collection.failures());
  }

  /** The collections in the order in which a pass visits them. */
  collections(): readonly Stage[] {
    return this.#collections;
  }

  #wire<C extends Stage>(collection: C): C {
    if (this.#collections.some((other) => other.name === collection.name)) {
      throw new Error(`engine: there are two collections named ${collection.name}`);
    }
    this.#collections.push(collection);
    return collection;
  }

  #wireDerived<S, V>(
    name: string,
    source: Source<S>,
    transform: Transform<S, Iterable<readonly [string, V]>>,
  ): Collection<V> {
    const derived = this.#wire(new Derived<S, V>(name, this.#collections.length, source, transform));
    derived.markAll(); // rows that the source already has
    if (this.#depth === 0) this.#run();
    return derived;
  }

  #run(): void {
    const pass = ++this.#pass;
    const report: PassReport = { pass, collections: [] };
    const changed: [Stage, Changes<unknown>][] = [];
    this.#running = true;
    try {
      for (const collection of this.#collections) {
        const recomputed = collection.settle(pass);
        const changes = collection.takeChanges();
        if (recomputed > 0 || changes.size > 0) {
          report.collections.push({ name: collection.name, recomputed, changed: changes.size });
        }
        if (changes.size > 0) changed.push([collection, changes]);
      }
    } finally {
      this.#running = false;
    }
    if (report.collections.length === 0) return;
    for (const [collection, changes] of changed) {
      for (const listener of this.#listeners.get(collection) ?? []) listener(changes);
    }
    for (const listener of this.#passListeners) listener(report);
  }
}
