import { StoreError } from "../../store/error.ts";
import { type KubeObject, keyOf, type ObjectMeta, type ResourceType } from "../../store/object.ts";
import { type ReflectHandler, reflect } from "../../store/reflector.ts";
import type { DeleteOptions, Store, WriteOptions } from "../../store/store.ts";

export interface ObjectChange<T> {
  before: T | undefined;
  after: T | undefined;
}

/** Deleted objects that are remembered, lest a late answer to a write brings one back. */
const GRAVES = 10_000;

/**
 * All objects of one kind as last seen, and writes of them. A write's answer goes into the view at once: what a
 * controller has just done it also sees, so it never does it twice. What a watch tells later and older is ignored.
 */
export class Objects<T extends KubeObject> {
  readonly type: ResourceType;
  readonly #store: Store;
  readonly #byKey = new Map<string, T>();
  readonly #byNamespace = new Index<T>();
  /** By the uid of the owner that controls them, or else by `orphan NAMESPACE`. */
  readonly #byController = new Index<T>();
  readonly #listeners = new Set<(change: ObjectChange<T>) => void>();
  readonly #graves = new Set<string>();

  constructor(store: Store, type: ResourceType) {
    this.#store = store;
    this.type = type;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  all(): T[] {
    return [...this.#byKey.values()];
  }

  inNamespace(namespace: string): T[] {
    return this.#byNamespace.get(namespace);
  }

  controlledBy(uid: string): T[] {
    return this.#byController.get(uid);
  }

  /** Those in the namespace that nobody controls. */
  orphans(namespace: string): T[] {
    return this.#byController.get(orphanBucket(namespace));
  }

  onChange(listener: (change: ObjectChange<T>) => void): void {
    this.#listeners.add(listener);
  }

  /** Keeps itself up to date until `signal` aborts. Resolves once it has seen what there is. */
  async follow(report: (error: unknown) => void, signal: AbortSignal): Promise<void> {
    const first = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => first.resolve(), { once: true });
    const handler: ReflectHandler<T> = {
      sync: (objects) => {
        for (const object of objects) this.saw(object);
        first.resolve();
      },
      change: (deltas) => {
        for (const { type, object } of deltas) {
          if (type === "delete") this.sawEnd(object);
          else this.saw(object);
        }
      },
      trouble: report,
    };
    void reflect(this.#store, this.type, {}, handler, signal);
    await first.promise;
  }

  /** Tells all listeners of everything that is there: for those who came after it was seen. */
  replay(): void {
    for (const object of this.all()) this.#tell({ before: undefined, after: object });
  }

  async create(object: T): Promise<T> {
    return this.#wrote(await this.#store.create(this.type, object));
  }

  /** Fails with Conflict if the object has changed since it was seen. */
  async update(object: T, options?: WriteOptions): Promise<T> {
    return this.#wrote(await this.#store.update(this.type, object, options));
  }

  async updateStatus(object: T): Promise<T> {
    return this.update(object, { subresource: "status" });
  }

  /** Deletes this very object, not one that came after it under its name. */
  async delete(object: T, options: DeleteOptions = {}): Promise<void> {
    const { uid, namespace, name } = object.metadata;
    const place = namespace === undefined ? { name } : { namespace, name };
    await this.#store.delete(this.type, place, { ...options, ...(uid !== undefined && { preconditions: { uid } }) });
    // Going or gone? The watch would tell too, but only after the controller might have counted it once more.
    try {
      this.#wrote(await this.#store.get<T>(this.type, place));
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason !== "NotFound") throw error;
      this.sawEnd(object);
    }
  }

  /** Takes in an object that a list, a watch or the answer to a write has shown. */
  saw(object: T): void {
    if (this.#graves.has(object.metadata.uid ?? "")) return;
    const known = this.#byKey.get(keyOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid || newer(object, known)) this.#put(object);
  }

  /** Takes in that a watch has shown an object's end. */
  sawEnd(object: T): void {
    this.#bury(object.metadata.uid);
    const known = this.#byKey.get(keyOf(object));
    if (known !== undefined && known.metadata.uid === object.metadata.uid) this.#remove(known);
  }

  #wrote(object: T): T {
    this.saw(object);
    return object;
  }

  #put(object: T): void {
    const key = keyOf(object);
    const before = this.#byKey.get(key);
    if (before) this.#unindex(key, before);
    this.#byKey.set(key, object);
    this.#byNamespace.add(object.metadata.namespace ?? "", key, object);
    this.#byController.add(controllerBucket(object), key, object);
    this.#tell({ before, after: object });
  }

  #remove(object: T): void {
    const key = keyOf(object);
    this.#unindex(key, object);
    this.#byKey.delete(key);
    this.#tell({ before: object, after: undefined });
  }

  #unindex(key: string, object: T): void {
    this.#byNamespace.delete(object.metadata.namespace ?? "", key);
    this.#byController.delete(controllerBucket(object), key);
  }

  #tell(change: ObjectChange<T>): void {
    for (const listener of this.#listeners) listener(change);
  }

  #bury(uid: string | undefined): void {
    if (uid === undefined) return;
    this.#graves.add(uid);
    const [oldest] = this.#graves;
    if (this.#graves.size > GRAVES && oldest !== undefined) this.#graves.delete(oldest);
  }
}

class Index<T> {
  readonly #buckets = new Map<string, Map<string, T>>();

  get(bucket: string): T[] {
    return [...(this.#buckets.get(bucket)?.values() ?? [])];
  }

  add(bucket: string, key: string, value: T): void {
    const rows = this.#buckets.get(bucket);
    if (rows) rows.set(key, value);
    else this.#buckets.set(bucket, new Map([[key, value]]));
  }

  delete(bucket: string, key: string): void {
    const rows = this.#buckets.get(bucket);
    if (rows?.delete(key) && rows.size === 0) this.#buckets.delete(bucket);
  }
}

function controllerBucket({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner?.uid ?? orphanBucket(metadata.namespace ?? "");
}

function orphanBucket(namespace: string): string {
  return `orphan ${namespace}`;
}

function newer(a: KubeObject, b: KubeObject): boolean {
  return version(a.metadata) > version(b.metadata);
}

/** Versions of one store can be compared as numbers: ours can, and since Kubernetes 1.35 so is promised for any. */
function version({ resourceVersion }: ObjectMeta): number {
  return Number(resourceVersion ?? 0);
}
