import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../store/error.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import { type ReflectHandler, reflect } from "../store/reflector.ts";
import type { Store } from "../store/store.ts";
import type { AuthoritySource } from "./authority-source.ts";

const NAMESPACES: ResourceType = {
  group: "",
  version: "v1",
  plural: "namespaces",
  kind: "Namespace",
  namespaced: false,
};
const CONFIG_MAPS: ResourceType = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

/** What sidecars mount to know whom to trust: Istio's name and key. */
const NAME = "istio-ca-root-cert";
const KEY = "root-cert.pem";

interface ConfigMapObject extends KubeObject {
  data?: Record<string, string>;
}

export interface RootConfigMapsOptions {
  store: Store;
  authority: AuthoritySource;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/** Keeps ConfigMap `istio-ca-root-cert` in every namespace, and as it should be, until aborted. */
export async function keepRootConfigMaps(options: RootConfigMapsOptions): Promise<void> {
  const { store, authority, signal, onError } = options;
  const namespaces = new Set<string>();
  const written = new Map<string, string | undefined>();
  const busy = new Map<string, Promise<void>>();
  const check = (namespace: string): void => {
    const roots = authority.anchorRoots();
    if (signal.aborted || !namespaces.has(namespace)) return;
    if (written.get(namespace) === roots || busy.has(namespace)) return;
    busy.set(
      namespace,
      ensure(store, namespace, roots)
        .then(() => void written.set(namespace, roots))
        .catch(async (error: unknown) => {
          onError(error);
          await sleep(1_000, undefined, { signal }).catch(() => undefined);
        })
        .finally(() => {
          busy.delete(namespace);
          check(namespace);
        }),
    );
  };
  const sawNamespace = ({ metadata }: KubeObject, gone: boolean): void => {
    // A namespace that is being deleted takes nothing new.
    if (gone || metadata.deletionTimestamp !== undefined) namespaces.delete(metadata.name);
    else namespaces.add(metadata.name);
    if (gone) written.delete(metadata.name);
    check(metadata.name);
  };
  const sawConfigMap = ({ metadata, data }: ConfigMapObject, gone: boolean): void => {
    const namespace = metadata.namespace ?? "";
    written.set(namespace, gone ? undefined : data?.[KEY]);
    check(namespace);
  };
  const each = <T extends KubeObject>(saw: (object: T, gone: boolean) => void): ReflectHandler<T> => ({
    sync: (objects) => {
      for (const object of objects) saw(object, false);
    },
    change: (deltas) => {
      for (const { type, object } of deltas) saw(object, type === "delete");
    },
    trouble: onError,
  });
  const ours = { longestRetryMs: 5_000, fieldSelector: `metadata.name=${NAME}` };
  const forget = authority.onChange(() => {
    for (const namespace of namespaces) check(namespace);
  });
  await Promise.all([
    reflect(store, NAMESPACES, { longestRetryMs: 5_000 }, each(sawNamespace), signal),
    reflect(store, CONFIG_MAPS, ours, each(sawConfigMap), signal),
  ]);
  forget();
  await Promise.all(busy.values());
}

async function ensure(store: Store, namespace: string, roots: string): Promise<void> {
  const wanted: ConfigMapObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: NAME, namespace, labels: { "istio.io/config": "true" } },
    data: { [KEY]: roots },
  };
  try {
    await store.create(CONFIG_MAPS, wanted);
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
    const body = { metadata: { labels: wanted.metadata.labels }, data: wanted.data };
    await store.patch(CONFIG_MAPS, { namespace, name: NAME }, { type: "merge", body });
  }
}
