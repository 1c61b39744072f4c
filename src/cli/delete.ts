import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../errors.ts";
import { StoreError } from "../store/error.ts";
import type { ObjectName } from "../store/store.ts";
import { type Cluster, type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { targets } from "./get.ts";
import { discover, nameOf, type Served, typeOf } from "./kubernetes/discovery.ts";
import { readManifests } from "./kubernetes/manifests.ts";

export interface DeleteOptions extends ClusterOption {
  filename?: string[];
  namespace?: string;
  recursive?: boolean;
  ignoreNotFound?: boolean;
  wait: boolean;
}

interface Doomed {
  type: Served;
  name: ObjectName;
}

const POLL_MS = 100;

/** `lateen delete`: by name, or all that files name. Returns when they are gone. */
export async function deleteObjects(
  what: string | undefined,
  names: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  await withCluster(options, async (cluster) => {
    const doomed = await namedObjects(cluster, what, names, options);
    const going: (Doomed & { uid: string | undefined })[] = [];
    for (const each of doomed) {
      try {
        const { metadata } = await cluster.store.get(each.type, each.name);
        await cluster.store.delete(each.type, each.name);
        console.log(`${nameOf(each.type, each.name.name)} deleted`);
        going.push({ ...each, uid: metadata.uid });
      } catch (error) {
        if (!(error instanceof StoreError) || error.reason !== "NotFound") throw error;
        if (options.ignoreNotFound) continue;
        process.exitCode = 1;
        console.error(`Error: there is no ${nameOf(each.type, each.name.name)}${within(each.name)}`);
      }
    }
    if (options.wait) for (const each of going) await gone(cluster, each, each.uid);
  });
}

async function namedObjects(
  { http, connection }: Cluster,
  what: string | undefined,
  names: readonly string[],
  options: DeleteOptions,
): Promise<Doomed[]> {
  const { filename = [] } = options;
  if ((what === undefined) === (filename.length === 0)) {
    throw new LateenError(
      "LTN5018",
      "name either objects or files to delete",
      "As in: delete TYPE NAME, or: delete -f FILE",
    );
  }
  const served = await discover(http);
  const usual = namespaceOf(options, connection);
  const doomed = (type: Served, name: string, namespace: string): Doomed => ({
    type,
    name: type.namespaced ? { namespace, name } : { name },
  });
  if (what !== undefined) {
    return targets(served, what, names).map(({ type, name }) => {
      if (name !== undefined) return doomed(type, name, usual);
      throw new LateenError("LTN5019", `which ${type.plural} to delete is not said`, `As in: delete ${what} NAME`);
    });
  }
  const { manifests, unreadable } = await readManifests(filename, options.recursive);
  for (const { place, problem } of unreadable) {
    process.exitCode = 1;
    console.error(`Error: ${place}: ${problem}`);
  }
  return manifests.flatMap(({ object: { apiVersion, kind, metadata } }) => {
    const type = typeOf(served, apiVersion, kind);
    // What the API does not know is not there either.
    return type ? [doomed(type, metadata.name, metadata.namespace ?? usual)] : [];
  });
}

function within({ namespace }: ObjectName): string {
  return namespace === undefined ? "" : ` in namespace ${namespace}`;
}

/** Waits until the object is gone, or another has taken its name. */
async function gone({ store }: Cluster, { type, name }: Doomed, uid: string | undefined): Promise<void> {
  for (;;) {
    try {
      const { metadata } = await store.get(type, name);
      if (metadata.uid !== uid) return;
    } catch (error) {
      if (error instanceof StoreError && error.reason === "NotFound") return;
      throw error;
    }
    await sleep(POLL_MS);
  }
}
