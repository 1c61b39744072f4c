import { configMapKind } from "../kinds/core/config-map.ts";
import type { Namespace } from "../kinds/core/namespace.ts";
import { defaultInjectSettings, type InjectSettings } from "../kubernetes/inject/settings.ts";
import { injectSettingsFrom } from "../kubernetes/inject/settings-from-values.ts";
import type { Labels } from "../mesh/model.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import type { World } from "./world.ts";

/** The settings of injection by revision, as far as they are installed and can be read. */
export function injectorsOf({ objects }: World): Map<string, InjectSettings> {
  const injectors = new Map<string, InjectSettings>();
  for (const { metadata, data } of objects(configMapKind)) {
    const [name, revision = "default"] = /^istio-sidecar-injector(?:-(.+))?$/.exec(metadata.name) ?? [];
    if (name === undefined || metadata.namespace !== SYSTEM_NAMESPACE) continue;
    try {
      injectors.set(revision, { ...injectSettingsFrom(JSON.parse(data?.values ?? "{}")), revision });
    } catch {
      // Whoever installs is told; here it is as if there were none.
    }
  }
  return injectors;
}

/** The revision that the pods of a namespace belong to, unless they say themselves. */
export function revisionOf({ metadata: { labels = {} } }: Pick<Namespace, "metadata">, pod: Labels = {}): string {
  return labels["istio.io/rev"] ?? pod["istio.io/rev"] ?? "default";
}

export function injectorFor(injectors: ReadonlyMap<string, InjectSettings>, revision: string): InjectSettings {
  return injectors.get(revision) ?? { ...defaultInjectSettings, revision };
}
