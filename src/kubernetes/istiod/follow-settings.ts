import { parse } from "yaml";
import { type ConfigMap, configMapKind } from "../../kinds/core/config-map.ts";
import { reflect } from "../../store/reflector.ts";
import type { Store } from "../../store/store.ts";
import type { InjectSettings } from "../inject/settings.ts";
import { injectSettingsFrom } from "../inject/settings-from-values.ts";
import { ofRevision } from "./environment.ts";

export interface FollowSettingsOptions {
  store: Store;
  namespace: string;
  revision: string;
  signal: AbortSignal;
  /** Called with the first settings, and with others that take their place. */
  use(settings: InjectSettings): void;
  onError(error: unknown): void;
}

/**
 * Injection's settings, from the ConfigMaps that an installation writes: its values, and the mesh's configuration.
 * What cannot be read changes nothing. Resolves when the first are in use.
 */
export async function followSettings(options: FollowSettingsOptions): Promise<void> {
  const { store, namespace, revision, signal, use, onError } = options;
  const data = new Map<string, Readonly<Record<string, string>>>();
  const sources = [ofRevision("istio-sidecar-injector", revision), ofRevision("istio", revision)] as const;
  const settle = (): void => {
    const [values, mesh] = sources;
    try {
      const found: unknown = JSON.parse(data.get(values)?.values ?? "{}");
      use({ ...injectSettingsFrom(found, parse(data.get(mesh)?.mesh ?? "")), revision });
    } catch (error) {
      onError(error);
    }
  };
  const synced = sources.map((name) => {
    const first = Promise.withResolvers<void>();
    const saw = (map: ConfigMap | undefined): void => {
      if (map) data.set(name, map.data ?? {});
      else data.delete(name);
    };
    void reflect<ConfigMap>(
      store,
      configMapKind.type,
      { namespace, fieldSelector: `metadata.name=${name}`, longestRetryMs: 5_000 },
      {
        sync: ([map]) => {
          saw(map);
          first.resolve();
        },
        change: (deltas) => {
          for (const { type, object } of deltas) saw(type === "upsert" ? object : undefined);
          settle();
        },
        trouble: onError,
      },
      signal,
    );
    return first.promise;
  });
  await Promise.all(synced);
  settle();
}
