import { configMapKind } from "../../kinds/core/config-map.ts";
import { telemetryKind } from "../../kinds/istio/telemetry.ts";
import type { Analyzer } from "../analyzer.ts";
import { meshConfigOf } from "../mesh-config.ts";

export const telemetryProvidersAnalyzer: Analyzer = {
  name: "telemetry.ProviderAnalyzer",
  description: "Checks that Telemetries say where access logs go when the mesh has no default",
  needs: [configMapKind, telemetryKind],
  analyze(world, report) {
    if (hasDefault(meshConfigOf(world))) return;
    for (const object of world.objects(telemetryKind)) {
      object.spec?.accessLogging?.forEach(({ disabled, providers = [] }, i) => {
        if (disabled || providers.length > 0) return;
        const text = "access logging without providers is ignored: the mesh has no default";
        const remedy = "give providers, or defaultProviders.accessLogging in the mesh's configuration";
        report("InvalidTelemetryProvider", object, `spec.accessLogging[${i}]`, text, remedy);
      });
    }
  },
};

function hasDefault(config: unknown): boolean {
  const providers: unknown = Reflect.get(Object(config), "defaultProviders");
  const logging: unknown = Reflect.get(Object(providers), "accessLogging");
  return Array.isArray(logging) && logging.length > 0;
}
