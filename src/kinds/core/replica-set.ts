import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { defaultTemplate } from "./pod-defaults.ts";
import { PodTemplate, podListMapKeys } from "./pod-spec.ts";
import { immutable, templateProblems } from "./pod-validation.ts";
import { Condition, int, LabelSelector, list, shape } from "./shape.ts";

const ReplicaSetSpec = shape(
  "ReplicaSetSpec",
  { selector: LabelSelector },
  { template: PodTemplate, replicas: Type.Integer({ minimum: 0 }), minReadySeconds: Type.Integer({ minimum: 0 }) },
);

const ReplicaSetStatus = shape(
  "ReplicaSetStatus",
  {},
  {
    availableReplicas: int,
    conditions: list(Condition),
    fullyLabeledReplicas: int,
    observedGeneration: int,
    readyReplicas: int,
    replicas: int,
    terminatingReplicas: int,
  },
);

const schema = Type.Object({ spec: ReplicaSetSpec, status: Type.Optional(ReplicaSetStatus) });

export type ReplicaSet = KubeObject & Type.Static<typeof schema>;

export const replicaSetKind: Kind<ReplicaSet> = {
  type: { group: "apps", version: "v1", plural: "replicasets", kind: "ReplicaSet", namespaced: true },
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  description: "ReplicaSet keeps a number of pods of one template running.",
  schema,
  status: true,
  listMapKeys: { ...podListMapKeys("spec.template.spec"), "status.conditions": ["type"] },
  defaults: (set) => ({
    ...set,
    spec: { ...set.spec, replicas: set.spec.replicas ?? 1, template: defaultTemplate(set.spec.template) },
    status: { replicas: 0, ...set.status },
  }),
  validate: ({ spec }) => templateProblems(spec.template ?? {}, spec.selector),
  validateUpdate: (set, old) => immutable("spec.selector", set.spec.selector, old.spec.selector),
};
