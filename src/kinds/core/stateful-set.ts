import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { defaultTemplate } from "./pod-defaults.ts";
import { PodTemplate, podListMapKeys } from "./pod-spec.ts";
import { immutable, templateProblems } from "./pod-validation.ts";
import { anything, Condition, int, intOrText, LabelSelector, list, oneOf, shape, text } from "./shape.ts";

const StatefulSetSpec = shape(
  "StatefulSetSpec",
  { selector: LabelSelector, template: PodTemplate },
  {
    serviceName: text,
    replicas: Type.Integer({ minimum: 0 }),
    minReadySeconds: Type.Integer({ minimum: 0 }),
    ordinals: shape("StatefulSetOrdinals", {}, { start: int }),
    persistentVolumeClaimRetentionPolicy: anything,
    podManagementPolicy: oneOf("OrderedReady", "Parallel"),
    revisionHistoryLimit: Type.Integer({ minimum: 0 }),
    updateStrategy: shape(
      "StatefulSetUpdateStrategy",
      {},
      {
        type: oneOf("RollingUpdate", "OnDelete"),
        rollingUpdate: shape("RollingUpdateStatefulSetStrategy", {}, { partition: int, maxUnavailable: intOrText }),
      },
    ),
    volumeClaimTemplates: list(anything),
  },
);

const StatefulSetStatus = shape(
  "StatefulSetStatus",
  {},
  {
    availableReplicas: int,
    collisionCount: int,
    conditions: list(Condition),
    currentReplicas: int,
    currentRevision: text,
    observedGeneration: int,
    readyReplicas: int,
    replicas: int,
    updateRevision: text,
    updatedReplicas: int,
  },
);

const schema = Type.Object({ spec: StatefulSetSpec, status: Type.Optional(StatefulSetStatus) });

export type StatefulSet = KubeObject & Type.Static<typeof schema>;

export const statefulSetKind: Kind<StatefulSet> = {
  type: { group: "apps", version: "v1", plural: "statefulsets", kind: "StatefulSet", namespaced: true },
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  description: "StatefulSet keeps pods running that have names of their own.",
  schema,
  status: true,
  listMapKeys: { ...podListMapKeys("spec.template.spec"), "status.conditions": ["type"] },
  defaults: (set) => ({
    ...set,
    spec: {
      ...set.spec,
      replicas: set.spec.replicas ?? 1,
      template: defaultTemplate(set.spec.template),
      persistentVolumeClaimRetentionPolicy: set.spec.persistentVolumeClaimRetentionPolicy ?? {
        whenDeleted: "Retain",
        whenScaled: "Retain",
      },
      podManagementPolicy: set.spec.podManagementPolicy ?? "OrderedReady",
      revisionHistoryLimit: set.spec.revisionHistoryLimit ?? 10,
      serviceName: set.spec.serviceName ?? "",
      updateStrategy: set.spec.updateStrategy ?? { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    },
    status: { availableReplicas: 0, replicas: 0, ...set.status },
  }),
  validate: ({ spec }) => templateProblems(spec.template, spec.selector),
  validateUpdate: (set, old) => [
    ...immutable("spec.selector", set.spec.selector, old.spec.selector),
    ...immutable("spec.serviceName", set.spec.serviceName, old.spec.serviceName),
  ],
};
