/** What every pod has whether it says so or not: a priority, and patience with its node. */
import type { Pod } from "../../../kinds/core/pod.ts";
import type { Admission } from "../../../store/embedded/admission.ts";
import type { KubeObject } from "../../../store/object.ts";

/** Seconds that a pod stays on a node that does not answer. */
const PATIENCE = 300;

export function podHabits(): Admission {
  return {
    admit(operation, type, object) {
      if (operation !== "create" || type.group !== "" || type.plural !== "pods" || !isPod(object)) return object;
      const { spec } = object;
      const tolerations = [...(spec.tolerations ?? [])];
      for (const key of ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]) {
        if (tolerations.some((one) => one.key === key || (one.key ?? "") === "")) continue;
        tolerations.push({ effect: "NoExecute", key, operator: "Exists", tolerationSeconds: PATIENCE });
      }
      const preemptionPolicy = spec.preemptionPolicy ?? "PreemptLowerPriority";
      return { ...object, spec: { ...spec, tolerations, priority: spec.priority ?? 0, preemptionPolicy } };
    },
  };
}

/** Types are checked before admission runs. */
export function isPod(object: KubeObject): object is Pod {
  return object.kind === "Pod";
}
