import type { InjectSettings } from "../inject/settings.ts";
import { injectSettingsFrom } from "../inject/settings-from-values.ts";
import { imageOf } from "./image.ts";
import type { Installation } from "./installation.ts";
import { injectionValues, meshConfigOf } from "./pilot/config-maps.ts";

/** What the pods of gateways are made with: the settings by which the control plane injects sidecars. */
export function injectSettings(
  installation: Installation,
  own: { hub?: string; tag?: string | number } = {},
): InjectSettings {
  return {
    ...injectSettingsFrom(injectionValues(installation), meshConfigOf(installation)),
    proxyImage: imageOf(installation, installation.values.global.proxy.image, own),
  };
}
