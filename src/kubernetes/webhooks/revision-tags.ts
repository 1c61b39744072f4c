import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import { mutatingWebhookConfigurationKind } from "../../kinds/core/webhook-configuration.ts";
import type { KubeObject } from "../../store/object.ts";
import { reflect } from "../../store/reflector.ts";
import type { Store } from "../../store/store.ts";

export interface RevisionTagsOptions {
  store: Store;
  graph: Graph;
  revision: string;
  /** The names by which the revision goes. */
  names: Input<true>;
  signal: AbortSignal;
  onError(error: unknown): void;
}

const TAG = "istio.io/tag";
const REVISION = "istio.io/rev";

/**
 * Keeps `names` like the tags that point at the revision: webhook configurations with its label and theirs. A tag that
 * points elsewhere is not ours, even where our revision has the same name.
 */
export async function followRevisionTags(options: RevisionTagsOptions): Promise<void> {
  const { store, graph, revision, names, signal, onError } = options;
  const tags = new Map<string, { tag: string; ours: boolean }>();
  const settle = (): void => {
    const all = [...tags.values()];
    const others = new Set(all.filter(({ ours }) => !ours).map(({ tag }) => tag));
    const now = new Set([revision, ...all.map(({ tag }) => tag)]).difference(others);
    graph.batch(() => {
      for (const name of [...names.keys()]) if (!now.has(name)) names.delete(name);
      for (const name of now) names.set(name, true);
    });
  };
  const saw = ({ metadata }: KubeObject, gone: boolean): void => {
    const tag = metadata.labels?.[TAG];
    if (gone || tag === undefined) tags.delete(metadata.name);
    else tags.set(metadata.name, { tag, ours: metadata.labels?.[REVISION] === revision });
  };
  const synced = Promise.withResolvers<void>();
  void reflect(
    store,
    mutatingWebhookConfigurationKind.type,
    { labelSelector: TAG, longestRetryMs: 5_000 },
    {
      sync: (objects) => {
        for (const object of objects) saw(object, false);
        settle();
        synced.resolve();
      },
      change: (deltas) => {
        for (const { type, object } of deltas) saw(object, type === "delete");
        settle();
      },
      trouble: onError,
    },
    signal,
  );
  await synced.promise;
}
