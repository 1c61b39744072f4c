/** Takes back what a failed installation did, last things first: what it made goes, what it changed is as before. */
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../../store/error.ts";
import type { KubeObject } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { hasObjects } from "./definitions.ts";
import type { Change, Journal } from "./journal.ts";
import { find, nameOf, remove, shown, typeOf } from "./objects.ts";

export interface RolledBack {
  removed: KubeObject[];
  restored: KubeObject[];
  /** What stays as the installation left it, and why. */
  kept: { object: KubeObject; why: string }[];
}

const ATTEMPTS = 5;
const PAUSE_MS = 200;
const PATIENCE_MS = 60_000;

export async function rollBack(store: Store, journal: Journal): Promise<RolledBack> {
  const done: RolledBack = { removed: [], restored: [], kept: [] };
  for (const change of journal.changes.toReversed()) {
    try {
      await takeBack(store, change, done);
    } catch (error) {
      done.kept.push({ object: change.object, why: error instanceof Error ? error.message : String(error) });
    }
  }
  await goneNamespaces(store, done);
  return done;
}

/** A namespace takes its time to go, and nothing can be installed into one that goes. */
async function goneNamespaces(store: Store, { removed, kept }: RolledBack): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (const namespace of removed.filter(({ kind }) => kind === "Namespace")) {
    while (await find(store, typeOf(namespace), nameOf(namespace))) {
      if (performance.now() > end) {
        kept.push({ object: namespace, why: "it is still being deleted" });
        break;
      }
      await sleep(PAUSE_MS);
    }
  }
}

async function takeBack(store: Store, { object, before, after }: Change, done: RolledBack): Promise<void> {
  if (before) {
    if (await restore(store, before)) done.restored.push(before);
    return;
  }
  const live = await find(store, typeOf(object), nameOf(object));
  // Somebody else's object by now.
  if (!live || (after && after.metadata.uid !== live.metadata.uid)) return;
  if (live.kind === "CustomResourceDefinition" && (await hasObjects(store, live))) {
    done.kept.push({ object: live, why: "there are objects of this kind by now, which would go with it" });
  } else if (await remove(store, live)) done.removed.push(live);
}

/**
 * Writes an object back as it was, and then, where that left a trace, the record of who owns its fields: the API takes
 * a record that is sent along for the one before the write, and a second write that changes nothing else leaves it so.
 */
async function restore(store: Store, before: KubeObject): Promise<boolean> {
  const type = typeOf(before);
  const name = nameOf(before);
  for (let attempt = 1; ; attempt++) {
    const live = await find(store, type, name);
    if (live?.metadata.resourceVersion === before.metadata.resourceVersion) return false;
    try {
      if (!live) {
        const { uid: _, resourceVersion: __, ...metadata } = before.metadata;
        await store.create(type, { ...before, metadata });
        return true;
      }
      const written = await store.update(type, over(before, live));
      if (JSON.stringify(written.metadata.managedFields) !== JSON.stringify(before.metadata.managedFields)) {
        await store.update(type, over(before, written));
      }
      return true;
    } catch (error) {
      const again = error instanceof StoreError && error.reason === "Conflict" && attempt < ATTEMPTS;
      if (!again) throw new Error(`${shown(before)} could not be put back: ${String(error)}`, { cause: error });
      await sleep(PAUSE_MS);
    }
  }
}

function over(before: KubeObject, live: KubeObject): KubeObject {
  const { uid, resourceVersion } = live.metadata;
  return {
    ...before,
    metadata: {
      ...before.metadata,
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
  };
}
