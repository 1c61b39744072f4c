import type { KubeObject } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { listInstalled } from "./installed.ts";
import type { Journal } from "./journal.ts";
import { COMPONENT, REVISION, TAG } from "./labels.ts";
import { idOf, remove } from "./objects.ts";

/**
 * Removes what an earlier installation of the revision made and this one no longer has. Tags are their own matter, and
 * definitions stay in any case: objects of users would go with them.
 */
export async function prune(
  store: Store,
  revision: string,
  wanted: readonly KubeObject[],
  journal: Journal,
): Promise<KubeObject[]> {
  const kept = new Set(wanted.map(idOf));
  const there = await listInstalled(store, `${COMPONENT},${REVISION}=${revision},!${TAG}`);
  const pruned: KubeObject[] = [];
  for (const object of there.filter((each) => !kept.has(idOf(each)))) {
    journal.deleting(object);
    if (await remove(store, object)) pruned.push(object);
  }
  return pruned;
}
