/**
 * The embedded store: Kubernetes' semantics for objects in this process, durable in one SQLite file. What it does
 * not do is speak HTTP (src/local/api) or know any particular kind beyond pods' graceful deletion and namespaces.
 */
import { equal } from "../../engine/equal.ts";
import { StoreError } from "../error.ts";
import { type KubeObject, keyOf, type ResourceType } from "../object.ts";
import { alreadyExists, forbidden, notFound } from "../refusals.ts";
import type {
  DeleteOptions,
  ListOptions,
  ObjectList,
  ObjectName,
  PageOptions,
  Patch,
  Store,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../store.ts";
import type { Admission, Operation } from "./admission.ts";
import { type Deleted, deleteObject, putOrFinish } from "./deletion.ts";
import { copy } from "./freeze.ts";
import { Garbage } from "./garbage.ts";
import { Ledger } from "./ledger.ts";
import { list } from "./page.ts";
import { inVersion, Served, typeKey } from "./served.ts";
import type { StoredKind } from "./stored-kind.ts";
import { watch } from "./watch.ts";
import { newObject, updatedObject, withGeneratedName, withGeneration } from "./write.ts";

export interface EmbeddedStoreOptions {
  /** The database file, or `:memory:`. */
  path: string;
  kinds: readonly StoredKind[];
  admission?: readonly Admission[];
  /** Changes that watches can go back to. Default 10,000: a few seconds of a busy world, some 30 MB. */
  history?: number;
  /** A watch that saw nothing for so long gets a bookmark. Default 30,000, well within what proxies keep open. */
  bookmarkMs?: number;
  now?(): Date;
}

export class EmbeddedStore implements Store {
  readonly #ledger: Ledger;
  readonly #served: Served;
  readonly #admission: readonly Admission[];
  readonly #bookmarkMs: number;
  readonly #now: () => Date;

  constructor(options: EmbeddedStoreOptions) {
    this.#now = () => options.now?.() ?? new Date();
    this.#served = new Served(options.kinds);
    this.#ledger = new Ledger(options.path, options.history ?? 10_000);
    this.#admission = options.admission ?? [];
    this.#bookmarkMs = options.bookmarkMs ?? 30_000;
    const garbage = new Garbage(this.#ledger, this.#served, this.#now);
    this.#ledger.onCommit((changes) => garbage.follow(changes));
    garbage.sweep();
  }

  /** Writes what is pending, ends all watches and closes the file. */
  close(): void {
    this.#ledger.close();
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions & PageOptions = {},
  ): Promise<ObjectList<T>> {
    const kind = this.#served.require(type);
    const found = await list(this.#ledger, typeKey(kind.type), options);
    return { ...found, items: found.items.map((object) => typed<T>(inVersion(type, object))) };
  }

  async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const kind = this.#served.require(type);
    for await (const event of watch(this.#ledger, typeKey(kind.type), options, this.#bookmarkMs)) {
      yield event.type === "BOOKMARK" ? event : { ...event, object: typed<T>(inVersion(type, event.object)) };
    }
  }

  async get<T extends KubeObject>(type: ResourceType, name: ObjectName): Promise<T> {
    const kind = this.#served.require(type);
    const object = await this.#ledger.read(() => this.#find(kind, name));
    if (!object) throw notFound(type, name.name);
    return typed<T>(inVersion(type, object));
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const kind = this.#served.require(type);
    let draft = newObject(kind, this.#placed(kind, object), this.#now());
    this.#requireNamespace(kind, draft);
    draft = await this.#admit("create", kind, draft, undefined);
    // From here to `put` nothing may be awaited: what is checked must still hold when it is written.
    this.#requireNamespace(kind, draft);
    const generated = !object.metadata.name;
    while (generated && this.#exists(kind, draft)) draft = withGeneratedName(draft);
    if (this.#exists(kind, draft)) throw alreadyExists(type, draft.metadata.name);
    const stored = options.dryRun ? draft : this.#ledger.put(typeKey(kind.type), draft);
    await this.#ledger.settled();
    return typed<T>(inVersion(type, stored));
  }

  async update<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const kind = this.#served.require(type);
    return typed<T>(inVersion(type, await this.#modify(kind, object.metadata, options, () => object)));
  }

  async patch<T extends KubeObject>(
    type: ResourceType,
    name: ObjectName,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const kind = this.#served.require(type);
    throw new StoreError(
      "UnsupportedMediaType",
      `${kind.type.kind} ${name.name} ${patch.type} ${options.fieldManager}`,
    );
  }

  async delete(type: ResourceType, name: ObjectName, options: DeleteOptions = {}): Promise<void> {
    await this.remove(type, name, options);
  }

  /** As `delete`, and tells what became of the object. */
  async remove(type: ResourceType, name: ObjectName, options: DeleteOptions = {}): Promise<Deleted> {
    const kind = this.#served.require(type);
    for (;;) {
      const object = this.#find(kind, name);
      if (!object) throw notFound(type, name.name);
      for (const { admit } of this.#admission) await admit?.("delete", kind.type, copy(object), object);
      if (this.#find(kind, name) !== object) continue;
      const deleted = deleteObject(this.#ledger, kind, object, options, this.#now());
      await this.#ledger.settled();
      return { ...deleted, object: inVersion(type, deleted.object) };
    }
  }

  async #modify(
    kind: StoredKind,
    name: ObjectName,
    options: WriteOptions,
    change: (old: KubeObject) => KubeObject,
  ): Promise<KubeObject> {
    const key = typeKey(kind.type);
    for (;;) {
      const old = this.#find(kind, name);
      if (!old) throw notFound(kind.type, name.name);
      const subresource = options.subresource === "status" ? "status" : undefined;
      let next = updatedObject(kind, old, this.#placed(kind, change(old)), subresource);
      if (!subresource) next = await this.#admit("update", kind, next, old);
      // Somebody else wrote while admission was awaited: all of it again, on the object as it is now.
      if (this.#ledger.get(key, keyOf(old)) !== old) continue;
      next = withGeneration(kind, old, next);
      const stored = options.dryRun ? next : equal(old, next) ? old : putOrFinish(this.#ledger, kind, next).object;
      await this.#ledger.settled();
      return stored;
    }
  }

  async #admit(
    operation: Operation,
    kind: StoredKind,
    draft: KubeObject,
    old: KubeObject | undefined,
  ): Promise<KubeObject> {
    const withDefaults = (object: KubeObject): KubeObject => kind.defaults?.(object) ?? object;
    let object = withDefaults(draft);
    for (const hook of this.#admission) {
      if (hook.admit) object = withDefaults(await hook.admit(operation, kind.type, copy(object), old));
    }
    return object;
  }

  #find(kind: StoredKind, name: ObjectName): KubeObject | undefined {
    const key = kind.type.namespaced ? `${name.namespace ?? ""}/${name.name}` : name.name;
    return this.#ledger.get(typeKey(kind.type), key);
  }

  #exists(kind: StoredKind, object: KubeObject): boolean {
    return this.#find(kind, object.metadata) !== undefined;
  }

  /** A cluster-scoped object has no namespace; another must have one. */
  #placed(kind: StoredKind, object: KubeObject): KubeObject {
    const { namespace, ...metadata } = object.metadata ?? { name: "" };
    if (!kind.type.namespaced) return namespace === undefined ? object : { ...object, metadata };
    if (namespace) return object;
    throw new StoreError("BadRequest", `a ${kind.type.kind} needs a namespace: set metadata.namespace`);
  }

  #requireNamespace(kind: StoredKind, object: KubeObject): void {
    const namespaces = this.#served.get("/namespaces");
    const { namespace, name } = object.metadata;
    if (!namespaces || namespace === undefined) return;
    const found = this.#ledger.get("/namespaces", namespace);
    if (!found) throw notFound(namespaces.type, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const reason = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const message = `namespace ${namespace} is being terminated`;
    throw forbidden(kind.type, name, reason, [
      { reason: "NamespaceTerminating", message, field: "metadata.namespace" },
    ]);
  }
}

/** Callers name the type that they ask for; the kind's schema has checked what is stored. */
function typed<T extends KubeObject>(object: KubeObject): T {
  return object as T;
}
