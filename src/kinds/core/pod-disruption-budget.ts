import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { Condition, int, intOrText, LabelSelector, list, shape, text, textMap } from "./shape.ts";

const schema = Type.Object({
  spec: Type.Optional(
    shape(
      "PodDisruptionBudgetSpec",
      {},
      {
        maxUnavailable: intOrText,
        minAvailable: intOrText,
        selector: LabelSelector,
        unhealthyPodEvictionPolicy: text,
      },
    ),
  ),
  status: Type.Optional(
    shape(
      "PodDisruptionBudgetStatus",
      {},
      {
        conditions: list(Condition),
        currentHealthy: int,
        desiredHealthy: int,
        disruptedPods: textMap,
        disruptionsAllowed: int,
        expectedPods: int,
        observedGeneration: int,
      },
    ),
  ),
});

export type PodDisruptionBudget = KubeObject & Type.Static<typeof schema>;

export const podDisruptionBudgetKind: Kind<PodDisruptionBudget> = {
  type: {
    group: "policy",
    version: "v1",
    plural: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    namespaced: true,
  },
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  description: "PodDisruptionBudget limits how many pods of a set may be evicted at once.",
  schema,
  status: true,
  listMapKeys: { "status.conditions": ["type"] },
  defaults: (budget) => ({
    ...budget,
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0, ...budget.status },
  }),
};
