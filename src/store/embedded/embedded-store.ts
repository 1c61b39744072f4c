/**
 * The embedded store: Kubernetes' semantics for objects in this process, durable in one SQLite file. What it does
 * not do is speak HTTP (src/local/api) or know any particular kind beyond pods' graceful deletion and namespaces.
 */
import { equal } from "../../engine/equal.ts";
import { checkMetadataTypes, checkObject, checkUnknownFields } from "../check/check.ts";
import { StoreError } from "../error.ts";
import { apiVersionOf, type KubeObject, type ResourceType } from "../object.ts";
import { applyConfiguration, trackUpdate, type Writer } from "../patch/managed-fields.ts";
import { patchObject } from "../patch/patch-object.ts";
import { shapesOf } from "../patch/shapes.ts";
import { alreadyExists, forbidden, modified, notFound } from "../refusals.ts";
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
import { Database } from "./database.ts";
import { type Deleted, deleteObject, isNamespace, putOrFinish, seconds } from "./deletion.ts";
import { copy } from "./freeze.ts";
import { Garbage } from "./garbage.ts";
import { Ledger } from "./ledger.ts";
import { list } from "./page.ts";
import { scaleOf, withScale } from "./scale.ts";
import { inVersion, Served, typeKey } from "./served.ts";
import type { StoredKind } from "./stored-kind.ts";
import { watch } from "./watch.ts";
import { configuration, identity, newObject, updatedObject, withGeneratedName, withGeneration } from "./write.ts";

/** Who writes when a writer does not say: a part of Lateen itself. */
const OWN_MANAGER = "lateen";
/** Namespaces that Kubernetes does not let go of. */
const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);

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
    this.#ledger = new Ledger(new Database(options.path), options.history ?? 10_000);
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
    return typed<T>(inVersion(type, await this.#add(kind, this.#received(kind, object), options, "update")));
  }

  async update<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const kind = this.#served.require(type);
    if (options.subresource === "scale") {
      checkMetadataTypes(kind, object);
      const change = (old: KubeObject): KubeObject => withScale(old, object);
      return typed<T>(scaleOf(await this.#modify(kind, object.metadata, options, change)));
    }
    const received = this.#received(kind, object);
    return typed<T>(inVersion(type, await this.#modify(kind, received.metadata, options, () => received)));
  }

  async patch<T extends KubeObject>(
    type: ResourceType,
    name: ObjectName,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const kind = this.#served.require(type);
    const shapes = shapesOf(kind);
    if (options.subresource === "scale") {
      const scalePatch = patch.type === "apply" ? ({ type: "merge", body: patch.body } as const) : patch;
      const change = (old: KubeObject): KubeObject => withScale(old, patchObject(scaleOf(old), scalePatch, shapes));
      return typed<T>(scaleOf(await this.#modify(kind, name, options, change)));
    }
    if (patch.type === "apply") return typed<T>(inVersion(type, await this.#apply(kind, name, patch.body, options)));
    const change = (old: KubeObject): KubeObject =>
      this.#received(kind, patchObject(inVersion(type, old), patch, shapes));
    return typed<T>(inVersion(type, await this.#modify(kind, name, options, change)));
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
      if (isNamespace(kind) && IMMORTAL.has(name.name)) {
        throw forbidden(kind.type, name.name, "this namespace may not be deleted");
      }
      for (const hook of this.#admission) await hook.admit?.("delete", kind.type, copy(object), object);
      if (this.#find(kind, name) !== object) continue;
      const deleted = deleteObject(this.#ledger, kind, object, options, this.#now());
      await this.#ledger.settled();
      return { ...deleted, object: inVersion(type, deleted.object) };
    }
  }

  async #add(kind: StoredKind, input: KubeObject, options: WriteOptions, by: "update" | "apply"): Promise<KubeObject> {
    let draft = newObject(kind, input, this.#now());
    this.#requireNamespace(kind, draft);
    checkUnknownFields(kind, draft, options);
    draft = withDefaults(kind, draft);
    if (by === "update") draft = trackUpdate(undefined, draft, this.#writer(kind, options), shapesOf(kind));
    draft = await this.#admit("create", kind, draft, undefined);
    checkObject(kind, draft, undefined, options);
    // From here to `put` nothing may be awaited: what is checked must still hold when it is written.
    this.#requireNamespace(kind, draft);
    const generated = !input.metadata.name;
    while (generated && this.#find(kind, draft.metadata)) draft = withGeneratedName(draft);
    if (this.#find(kind, draft.metadata)) throw alreadyExists(kind.type, draft.metadata.name);
    const stored = options.dryRun ? draft : this.#ledger.put(typeKey(kind.type), draft);
    await this.#ledger.settled();
    return stored;
  }

  /** `change` may be called several times, each time with what is stored then. It must not change its argument. */
  async #modify(
    kind: StoredKind,
    name: ObjectName,
    options: WriteOptions,
    change: (old: KubeObject) => KubeObject,
    by: "update" | "apply" = "update",
  ): Promise<KubeObject> {
    for (;;) {
      const old = this.#find(kind, name);
      if (!old) throw notFound(kind.type, name.name);
      const subresource = options.subresource === "status" ? "status" : undefined;
      let next = updatedObject(kind, old, change(old), subresource);
      checkUnknownFields(kind, next, options);
      next = withDefaults(kind, next);
      if (by === "update") next = trackUpdate(old, next, this.#writer(kind, options), shapesOf(kind));
      if (!equal(old, next)) {
        if (!subresource) next = await this.#admit("update", kind, next, old);
        // Somebody else wrote while admission was awaited: all of it again, on the object as it is now.
        if (this.#find(kind, name) !== old) continue;
        checkObject(kind, next, old, options);
      }
      next = withGeneration(kind, old, next);
      const stored = options.dryRun ? next : equal(old, next) ? old : putOrFinish(this.#ledger, kind, next).object;
      await this.#ledger.settled();
      return stored;
    }
  }

  /** Server-side apply: creates the object when there is none. */
  async #apply(kind: StoredKind, name: ObjectName, body: object, options: WriteOptions): Promise<KubeObject> {
    if (!options.fieldManager) {
      throw new StoreError("BadRequest", "fieldManager: Required value: is required for apply patch");
    }
    const writer = this.#writer(kind, options);
    const shapes = shapesOf(kind);
    const config = configuration(kind, name, body, options);
    checkUnknownFields(kind, config, options);
    const applied = (live: KubeObject | undefined): KubeObject => {
      const { metadata, ...rest } = applyConfiguration(live, config, writer, options.force === true, shapes);
      // A version or uid in the configuration is a condition, not something to apply.
      return this.#received(kind, { ...rest, metadata: { ...metadata, ...identity(config.metadata) } });
    };
    for (;;) {
      const old = this.#find(kind, name);
      if (old) return this.#modify(kind, name, options, applied, "apply");
      if (options.subresource) throw notFound(kind.type, name.name);
      if (config.metadata.resourceVersion || config.metadata.uid) throw modified(kind.type, name.name);
      try {
        return await this.#add(kind, applied(undefined), options, "apply");
      } catch (error) {
        // Somebody else created it meanwhile: then it is to be changed.
        if (!(error instanceof StoreError && error.reason === "AlreadyExists")) throw error;
      }
    }
  }

  #writer(kind: StoredKind, options: WriteOptions): Writer {
    return {
      manager: options.fieldManager || OWN_MANAGER,
      apiVersion: apiVersionOf(kind.type),
      subresource: options.subresource,
      time: seconds(this.#now()),
    };
  }

  async #admit(
    operation: Operation,
    kind: StoredKind,
    draft: KubeObject,
    old: KubeObject | undefined,
  ): Promise<KubeObject> {
    let object = draft;
    for (const hook of this.#admission) {
      if (hook.admit) object = withDefaults(kind, await hook.admit(operation, kind.type, copy(object), old));
    }
    return object;
  }

  #find(kind: StoredKind, name: ObjectName): KubeObject | undefined {
    const key = kind.type.namespaced ? `${name.namespace ?? ""}/${name.name}` : name.name;
    return this.#ledger.get(typeKey(kind.type), key);
  }

  /** What comes from outside, with metadata that can be relied on. */
  #received(kind: StoredKind, object: KubeObject): KubeObject {
    checkMetadataTypes(kind, object);
    const { namespace, ...metadata } = object.metadata;
    // A cluster-scoped object has no namespace; another must have one.
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

function withDefaults(kind: StoredKind, object: KubeObject): KubeObject {
  return kind.defaults?.(object) ?? object;
}

/** Callers name the type that they ask for; the kind's schema has checked what is stored. */
function typed<T extends KubeObject>(object: KubeObject): T {
  return object as T;
}
