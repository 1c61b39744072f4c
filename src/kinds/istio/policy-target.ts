/** To which workloads a policy applies: by selector or by reference, and not by both. */
import type { Type } from "typebox";
import type { PolicySelector, TargetRef } from "./common.ts";
import { checkLabels } from "./hosts-checks.ts";
import type { Report } from "./report.ts";

interface Target {
  selector?: Type.Static<typeof PolicySelector>;
  targetRef?: Type.Static<typeof TargetRef>;
  targetRefs?: readonly Type.Static<typeof TargetRef>[];
}

export function checkTarget(report: Report, spec: Target): void {
  checkLabels(report, "spec.selector.matchLabels", spec.selector?.matchLabels);
  const given = (["selector", "targetRef", "targetRefs"] as const).filter((way) => spec[way]);
  if (given.length > 1) report("conflict", `spec.${given[1]}`, `${given.join(" and ")} exclude each other`, "keep one");
  const refs = [...(spec.targetRef ? [spec.targetRef] : []), ...(spec.targetRefs ?? [])];
  refs.forEach((ref, i) => {
    const field = spec.targetRef ? "spec.targetRef" : `spec.targetRefs[${i}]`;
    if (ref.name === "") report("missing", `${field}.name`, "say what is meant");
    if (ref.namespace) report("value", `${field}.namespace`, "a policy is for its own namespace", "take namespace out");
  });
}
