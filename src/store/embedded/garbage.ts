/**
 * What follows from a deletion: dependants go with their owners (in the background, before them, or not at all), and
 * the content of a namespace with the namespace. Driven by the commits; does its own work in the next one.
 */

import { type KubeObject, keyOf, type OwnerReference } from "../object.ts";
import type { DeleteOptions } from "../store.ts";
import { type Deleted, deleteObject, FOREGROUND, isNamespace, ORPHAN, putOrFinish, setFinalizers } from "./deletion.ts";
import type { Change } from "./history.ts";
import type { Ledger, Place } from "./ledger.ts";
import { type Served, type TypeKey, typeKey } from "./served.ts";
import type { StoredKind } from "./stored-kind.ts";

export class Garbage {
  readonly #ledger: Ledger;
  readonly #served: Served;
  readonly #now: () => Date;
  readonly #namespaces: TypeKey = "/namespaces";

  constructor(ledger: Ledger, served: Served, now: () => Date) {
    this.#ledger = ledger;
    this.#served = served;
    this.#now = now;
  }

  /** Looks at everything: what a process that ended left undone. */
  sweep(): void {
    for (const type of [...this.#ledger.types()]) {
      for (const object of this.#ledger.all(type)) this.#look({ type, key: keyOf(object) });
    }
  }

  /** Looks at what may be affected by changes. */
  follow(changes: readonly Change[]): void {
    const affected = new Map<string, Place>();
    const touch = (place: Place | undefined): unknown => place && affected.set(`${place.type} ${place.key}`, place);
    for (const { type, key, before, after } of changes) {
      if (after) {
        if (after.metadata.deletionTimestamp !== undefined || after.metadata.ownerReferences) touch({ type, key });
      } else if (before) {
        const { uid = "", ownerReferences = [], namespace } = before.metadata;
        for (const place of this.#ledger.ownedBy(uid)) touch(place);
        for (const owner of ownerReferences) touch(this.#ledger.byUid(owner.uid));
        if (namespace !== undefined) touch({ type: this.#namespaces, key: namespace });
      }
    }
    for (const place of affected.values()) this.#look(place);
  }

  #look(place: Place): void {
    const kind = this.#served.get(place.type);
    const object = this.#ledger.get(place.type, place.key);
    if (!kind || !object) return;
    if (object.metadata.deletionTimestamp === undefined) this.#judge(kind, object);
    else if (isNamespace(kind)) this.#empty(kind, object);
    else this.#help(kind, object);
  }

  /** Brings the deletion of an object forward. */
  #help(kind: StoredKind, object: KubeObject): void {
    const finalizers = object.metadata.finalizers ?? [];
    const dependants = this.#ledger.ownedBy(object.metadata.uid ?? "");
    if (finalizers.includes(ORPHAN)) {
      for (const place of dependants) this.#disown(place, (owner) => owner.uid === object.metadata.uid);
      this.#release(kind, object, ORPHAN);
    } else if (finalizers.includes(FOREGROUND)) {
      for (const place of dependants) this.#look(place);
      const blocking = this.#ledger.ownedBy(object.metadata.uid ?? "").some((place) => {
        const owners = this.#ledger.get(place.type, place.key)?.metadata.ownerReferences ?? [];
        return owners.some((owner) => owner.uid === object.metadata.uid && owner.blockOwnerDeletion === true);
      });
      if (!blocking) this.#release(kind, object, FOREGROUND);
    }
  }

  /** Deletes an object none of whose owners will stay; takes the others off the list of one that keeps some. */
  #judge(kind: StoredKind, object: KubeObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = owners.map((owner) => this.#stateOf(owner, object));
    if (states.includes("stays")) {
      if (states.some((state) => state !== "stays")) {
        this.#disown(
          { type: typeKey(kind.type), key: keyOf(object) },
          (owner) => this.#stateOf(owner, object) !== "stays",
        );
      }
      return;
    }
    const owns = this.#ledger.ownedBy(object.metadata.uid ?? "").length > 0;
    const foreground = states.includes("waits") && owns;
    this.#delete(kind, object, { propagationPolicy: foreground ? "Foreground" : "Background" });
  }

  #stateOf(owner: OwnerReference, dependant: KubeObject): "stays" | "waits" | "gone" {
    const kind = this.#served.byKind(owner.apiVersion, owner.kind);
    // An owner of a kind that is not served here cannot be known to be gone.
    if (!kind) return "stays";
    const place = this.#ledger.byUid(owner.uid);
    const object = place?.type === typeKey(kind.type) ? this.#ledger.get(place.type, place.key) : undefined;
    if (!object || object.metadata.name !== owner.name) return "gone";
    if (kind.type.namespaced && object.metadata.namespace !== dependant.metadata.namespace) return "gone";
    const { deletionTimestamp, finalizers } = object.metadata;
    return deletionTimestamp !== undefined && finalizers?.includes(FOREGROUND) ? "waits" : "stays";
  }

  /** Deletes what is in a terminating namespace; lets the namespace go once nothing is. */
  #empty(kind: StoredKind, namespace: KubeObject): void {
    const { name } = namespace.metadata;
    let left = 0;
    for (const { type } of this.#served.all()) {
      if (!type.namespaced) continue;
      const content = this.#ledger.all(typeKey(type)).filter((object) => object.metadata.namespace === name);
      for (const object of content) {
        const { deletionTimestamp } = object.metadata;
        const owner = this.#served.get(typeKey(type));
        if (deletionTimestamp !== undefined || !owner || !this.#delete(owner, object, {}).gone) left++;
      }
    }
    if (left > 0 || (namespace.metadata.finalizers ?? []).length > 0) return;
    this.#ledger.remove(typeKey(kind.type), keyOf(namespace));
  }

  #delete(kind: StoredKind, object: KubeObject, options: DeleteOptions): Deleted {
    return deleteObject(this.#ledger, kind, object, options, this.#now());
  }

  #release(kind: StoredKind, object: KubeObject, finalizer: string): void {
    const metadata = { ...object.metadata };
    setFinalizers(
      metadata,
      (metadata.finalizers ?? []).filter((one) => one !== finalizer),
    );
    putOrFinish(this.#ledger, kind, { ...object, metadata });
  }

  #disown(place: Place, gone: (owner: OwnerReference) => boolean): void {
    const object = this.#ledger.get(place.type, place.key);
    const kind = this.#served.get(place.type);
    if (!object || !kind) return;
    const { ownerReferences = [], ...metadata } = object.metadata;
    const kept = ownerReferences.filter((owner) => !gone(owner));
    putOrFinish(this.#ledger, kind, {
      ...object,
      metadata: kept.length > 0 ? { ...metadata, ownerReferences: kept } : metadata,
    });
  }
}
