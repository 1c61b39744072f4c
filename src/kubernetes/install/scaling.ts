/** How many pods a Deployment has, and how many may be taken away at once. */
import type { KubeObject, ObjectMeta } from "../../store/object.ts";
import type { KubernetesResources } from "./kubernetes-schema.ts";
import { at } from "./tree.ts";
import type { Values } from "./values-schema.ts";

export interface Scaling {
  autoscaleEnabled: boolean;
  autoscaleMin: number;
  autoscaleMax: number;
  cpu: { targetAverageUtilization?: number };
  memory?: { targetAverageUtilization?: number };
  autoscaleBehavior?: Record<string, unknown>;
  replicaCount?: number;
  rollingMaxSurge: number | string;
  rollingMaxUnavailable: number | string;
}

/** With what `k8s` says of it, which Istio counts too. */
export function scalingOf<T extends Scaling>(values: T, k8s: KubernetesResources | undefined): T {
  const least = at(k8s?.hpaSpec, "minReplicas");
  const most = at(k8s?.hpaSpec, "maxReplicas");
  return {
    ...values,
    ...(typeof least === "number" && { autoscaleMin: least }),
    ...(typeof most === "number" && { autoscaleMax: most }),
    ...(k8s?.replicaCount !== undefined && { replicaCount: k8s.replicaCount }),
  };
}

function scales({ autoscaleEnabled, autoscaleMin, autoscaleMax }: Scaling): boolean {
  return autoscaleEnabled && autoscaleMin > 0 && autoscaleMax > 0;
}

/** What of a Deployment's spec is about it. Where something else scales it, we do not say how many. */
export function replicas(scaling: Scaling): { replicas?: number; strategy: object } {
  const { replicaCount, rollingMaxSurge, rollingMaxUnavailable } = scaling;
  return {
    ...(!scales(scaling) && replicaCount !== undefined && { replicas: replicaCount }),
    strategy: {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: rollingMaxSurge, maxUnavailable: rollingMaxUnavailable },
    },
  };
}

/** For the Deployment of the same name. */
export function autoscaler(metadata: ObjectMeta, scaling: Scaling): KubeObject[] {
  if (!scales(scaling)) return [];
  const { autoscaleMin, autoscaleMax, cpu, memory, autoscaleBehavior } = scaling;
  const metric = (name: string, target: number | undefined) =>
    target === undefined
      ? []
      : [{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization: target } } }];
  return [
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata,
      spec: {
        minReplicas: autoscaleMin,
        maxReplicas: autoscaleMax,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name },
        metrics: [
          ...metric("cpu", cpu.targetAverageUtilization),
          ...metric("memory", memory?.targetAverageUtilization),
        ],
        ...(autoscaleBehavior && { behavior: autoscaleBehavior }),
      },
    },
  ];
}

/** Where there is but one pod, a budget would only keep nodes from being drained. */
export function disruptionBudget(
  metadata: ObjectMeta,
  selector: Record<string, string>,
  scaling: Scaling,
  { defaultPodDisruptionBudget }: Values["global"],
): KubeObject[] {
  const least = scales(scaling) ? scaling.autoscaleMin : (scaling.replicaCount ?? 1);
  if (!defaultPodDisruptionBudget.enabled || least < 2) return [];
  return [
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { minAvailable: 1, selector: { matchLabels: selector } },
    },
  ];
}
