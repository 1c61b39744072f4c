/**
 * The objects in memory, their durable copy and their history, as one. A change is seen in `get` at once by the code
 * that decides about further changes; everybody else waits for `settled`, when it is on disk and in the history.
 * The changes of one turn of the event loop share a commit.
 */
import { StoreError } from "../error.ts";
import { type KubeObject, keyOf } from "../object.ts";
import type { Database } from "./database.ts";
import { freeze } from "./freeze.ts";
import { type Change, History } from "./history.ts";
import type { TypeKey } from "./served.ts";
import { Table } from "./table.ts";

/** Where an object is. */
export interface Place {
  type: TypeKey;
  key: string;
}

export class Ledger {
  readonly history: History;
  readonly #database: Database;
  readonly #tables = new Map<TypeKey, Table>();
  readonly #byUid = new Map<string, Place>();
  readonly #byOwner = new Map<string, Map<string, Place>>();
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();
  /** The version of the last change made, and of the last one committed. */
  #version: number;
  #committed: number;
  #pending: Change[] = [];
  #settling: PromiseWithResolvers<void> | undefined;
  readonly #closing = new AbortController();

  constructor(database: Database, historyLimit: number) {
    this.#database = database;
    this.#version = this.#database.version();
    this.#committed = this.#version;
    for (const { type, key, body } of this.#database.load()) {
      const object: KubeObject = JSON.parse(body);
      this.#place({ type, key, version: 0, before: undefined, after: freeze(object) });
    }
    this.history = new History(historyLimit, this.#version);
  }

  /** The version of what `get` and `all` show. */
  get version(): number {
    return this.#version;
  }

  /** The version up to which everything is on disk and in the history. */
  get committed(): number {
    return this.#committed;
  }

  /** Aborts when the ledger closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get(type: TypeKey, key: string): KubeObject | undefined {
    return this.#tables.get(type)?.get(key);
  }

  /** In the order of their keys. */
  all(type: TypeKey): readonly KubeObject[] {
    return this.#tables.get(type)?.sorted() ?? [];
  }

  types(): IterableIterator<TypeKey> {
    return this.#tables.keys();
  }

  byUid(uid: string): Place | undefined {
    return this.#byUid.get(uid);
  }

  ownedBy(uid: string): Place[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  /** Called with the changes of each commit. Returns how to stop. */
  onCommit(listener: (changes: readonly Change[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores an object under the next version, which is written into it. */
  put(type: TypeKey, object: KubeObject): KubeObject {
    const version = this.#nextVersion();
    const after = freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    const key = keyOf(after);
    this.#record({ type, key, version, before: this.get(type, key), after });
    return after;
  }

  remove(type: TypeKey, key: string): void {
    const before = this.get(type, key);
    if (before) this.#record({ type, key, version: this.#nextVersion(), before, after: undefined });
  }

  /** Reads, and returns when what was read is on disk. */
  async read<R>(read: () => R): Promise<R> {
    for (;;) {
      const seen = read();
      if (!this.#settling) return seen;
      const durable = await this.#settling.promise.then(
        () => true,
        () => false,
      );
      if (durable) return seen;
    }
  }

  /** Resolves when every change made so far is on disk; rejects when they could not be written and were undone. */
  settled(): Promise<void> {
    return this.#settling?.promise ?? Promise.resolve();
  }

  /** Commits what is pending and closes the file. */
  close(): void {
    if (this.closing.aborted) return;
    this.#commit();
    this.#closing.abort();
    this.#database.close();
  }

  #nextVersion(): number {
    if (this.closing.aborted) throw new StoreError("ServiceUnavailable", "the store is closed");
    return ++this.#version;
  }

  #record(change: Change): void {
    this.#place(change);
    this.#pending.push(change);
    if (this.#settling) return;
    this.#settling = Promise.withResolvers();
    // Nobody may be waiting; the failure is then told by whoever writes next.
    this.#settling.promise.catch(() => {});
    setImmediate(() => this.#commit());
  }

  #commit(): void {
    const changes = this.#pending;
    const settling = this.#settling;
    this.#pending = [];
    this.#settling = undefined;
    if (changes.length === 0) return;
    try {
      const last = new Map(changes.map((change) => [`${change.type} ${change.key}`, change]));
      this.#database.commit(
        [...last.values()].map(({ type, key, after }) => ({ type, key, object: after })),
        this.#version,
      );
    } catch (error) {
      for (const change of changes.reverse()) this.#place({ ...change, before: change.after, after: change.before });
      settling?.reject(unwritten(error));
      return;
    }
    this.#committed = this.#version;
    for (const change of changes) this.history.add(change);
    settling?.resolve();
    for (const listener of this.#listeners) listener(changes);
  }

  /** Brings tables and indexes from `before` to `after`. */
  #place({ type, key, before, after }: Change): void {
    let table = this.#tables.get(type);
    if (!table) {
      table = new Table();
      this.#tables.set(type, table);
    }
    table.set(key, after);
    if (before) this.#unindex(before, `${type} ${key}`);
    if (after) this.#index(after, { type, key });
  }

  #index(object: KubeObject, place: Place): void {
    const { uid, ownerReferences } = object.metadata;
    if (uid !== undefined) this.#byUid.set(uid, place);
    for (const owner of ownerReferences ?? []) {
      const owned = this.#byOwner.get(owner.uid) ?? new Map<string, Place>();
      this.#byOwner.set(owner.uid, owned.set(`${place.type} ${place.key}`, place));
    }
  }

  #unindex(object: KubeObject, id: string): void {
    const { uid, ownerReferences } = object.metadata;
    if (uid !== undefined) this.#byUid.delete(uid);
    for (const owner of ownerReferences ?? []) {
      const owned = this.#byOwner.get(owner.uid);
      if (owned?.delete(id) && owned.size === 0) this.#byOwner.delete(owner.uid);
    }
  }
}

function unwritten(error: unknown): StoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(
    "InternalError",
    `LTN1003: the change could not be written to disk and was undone (${reason}); see that the disk has room`,
  );
}
