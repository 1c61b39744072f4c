import { podKind } from "../../kinds/core/pod.ts";
import { telemetryKind } from "../../kinds/istio/telemetry.ts";
import type { Analyzer } from "../analyzer.ts";
import { overlappingSelectors } from "../overlapping-selectors.ts";

export const telemetrySelectorsAnalyzer: Analyzer = {
  name: "telemetry.SelectorAnalyzer",
  description: "Checks that Telemetries select pods, and that no pod and no namespace has two",
  needs: [podKind, telemetryKind],
  analyze(world, report) {
    const telemetries = world.objects(telemetryKind).flatMap((object) => {
      const { selector, targetRef, targetRefs } = object.spec ?? {};
      if (targetRef || targetRefs?.length) return [];
      return [{ object, labels: selector?.matchLabels ?? {}, field: "spec.selector.matchLabels" }];
    });
    overlappingSelectors(world, report, telemetries, {
      plural: "Telemetries",
      samePods: "ConflictingTelemetryWorkloadSelectors",
      sameNamespace: "MultipleTelemetriesWithoutWorkloadSelectors",
    });
  },
};
