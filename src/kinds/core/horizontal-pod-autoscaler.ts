import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { anything, Condition, int, list, shape, text, time } from "./shape.ts";

const Target = shape("CrossVersionObjectReference", { kind: text, name: text }, { apiVersion: text });

const schema = Type.Object({
  spec: shape(
    "HorizontalPodAutoscalerSpec",
    { maxReplicas: int, scaleTargetRef: Target },
    { minReplicas: int, metrics: list(anything), behavior: anything },
  ),
  status: Type.Optional(
    shape(
      "HorizontalPodAutoscalerStatus",
      {},
      {
        conditions: list(Condition),
        currentMetrics: list(anything),
        currentReplicas: int,
        desiredReplicas: int,
        lastScaleTime: time,
        observedGeneration: int,
      },
    ),
  ),
});

export type HorizontalPodAutoscaler = KubeObject & Type.Static<typeof schema>;

/** What is measured when nothing is named. */
const CPU = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }];

/** Accepted, so that charts and YAML that hold one apply; the one-machine world does not scale by itself. */
export const horizontalPodAutoscalerKind: Kind<HorizontalPodAutoscaler> = {
  type: {
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    kind: "HorizontalPodAutoscaler",
    namespaced: true,
  },
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  description: "HorizontalPodAutoscaler changes a number of replicas by what they are doing.",
  schema,
  status: true,
  listMapKeys: { "status.conditions": ["type"] },
  defaults: (scaler) => ({
    ...scaler,
    spec: { ...scaler.spec, minReplicas: scaler.spec.minReplicas ?? 1, metrics: scaler.spec.metrics ?? CPU },
    status: { desiredReplicas: 0, ...scaler.status },
  }),
  warn: () => [
    {
      code: "LTN1109",
      field: "spec",
      message: "nothing on this machine measures load, so the number of replicas stays as it is",
      remedy: "use kubectl scale",
    },
  ],
};
