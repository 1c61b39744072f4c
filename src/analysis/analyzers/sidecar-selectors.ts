import { podKind } from "../../kinds/core/pod.ts";
import { sidecarKind } from "../../kinds/istio/sidecar.ts";
import type { Analyzer } from "../analyzer.ts";
import { overlappingSelectors } from "../overlapping-selectors.ts";

export const sidecarSelectorsAnalyzer: Analyzer = {
  name: "sidecar.SelectorAnalyzer",
  description: "Checks that Sidecars select pods, and that no pod and no namespace has two",
  needs: [podKind, sidecarKind],
  analyze(world, report) {
    const sidecars = world.objects(sidecarKind).map((object) => ({
      object,
      labels: object.spec?.workloadSelector?.labels ?? {},
      field: "spec.workloadSelector.labels",
    }));
    overlappingSelectors(world, report, sidecars, {
      plural: "Sidecars",
      samePods: "ConflictingSidecarWorkloadSelectors",
      sameNamespace: "MultipleSidecarsWithoutWorkloadSelectors",
    });
  },
};
