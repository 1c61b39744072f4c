/** What may be said of any component's Kubernetes objects: `components.*.k8s`. */
import { Type } from "typebox";
import { anything, anythings, int, list, oneOf, quantities, shape, text, textMap } from "../../kinds/core/shape.ts";

export const Toleration = shape(
  "Toleration",
  {},
  {
    key: text,
    operator: oneOf("Exists", "Equal"),
    value: text,
    effect: oneOf("NoSchedule", "PreferNoSchedule", "NoExecute"),
    tolerationSeconds: int,
  },
);

const Overlay = shape(
  "KubernetesOverlay",
  { kind: text, name: text, patches: list(shape("Patch", { path: text }, { value: Type.Unknown() })) },
  { apiVersion: text },
);
export type Overlay = Type.Static<typeof Overlay>;

/** Pieces of Kubernetes' own objects are checked where they end up, with all of the object around them. */
export const KubernetesResources = shape(
  "KubernetesResources",
  {},
  {
    affinity: anything,
    env: anythings,
    hpaSpec: anything,
    imagePullPolicy: oneOf("Always", "IfNotPresent", "Never"),
    nodeSelector: textMap,
    podAnnotations: textMap,
    podDisruptionBudget: anything,
    priorityClassName: text,
    readinessProbe: anything,
    replicaCount: Type.Integer({ minimum: 0 }),
    resources: shape("Resources", {}, { requests: quantities, limits: quantities }),
    securityContext: anything,
    service: anything,
    serviceAnnotations: textMap,
    strategy: anything,
    tolerations: list(Toleration),
    volumeMounts: anythings,
    volumes: anythings,
    overlays: list(Overlay),
  },
);
export type KubernetesResources = Type.Static<typeof KubernetesResources>;
