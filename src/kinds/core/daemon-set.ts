import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { defaultTemplate } from "./pod-defaults.ts";
import { PodTemplate, podListMapKeys } from "./pod-spec.ts";
import { immutable, templateProblems } from "./pod-validation.ts";
import { Condition, int, intOrText, LabelSelector, list, oneOf, shape } from "./shape.ts";

const DaemonSetSpec = shape(
  "DaemonSetSpec",
  { selector: LabelSelector, template: PodTemplate },
  {
    minReadySeconds: Type.Integer({ minimum: 0 }),
    revisionHistoryLimit: Type.Integer({ minimum: 0 }),
    updateStrategy: shape(
      "DaemonSetUpdateStrategy",
      {},
      {
        type: oneOf("RollingUpdate", "OnDelete"),
        rollingUpdate: shape("RollingUpdateDaemonSet", {}, { maxSurge: intOrText, maxUnavailable: intOrText }),
      },
    ),
  },
);

const DaemonSetStatus = shape(
  "DaemonSetStatus",
  {},
  {
    collisionCount: int,
    conditions: list(Condition),
    currentNumberScheduled: int,
    desiredNumberScheduled: int,
    numberAvailable: int,
    numberMisscheduled: int,
    numberReady: int,
    numberUnavailable: int,
    observedGeneration: int,
    updatedNumberScheduled: int,
  },
);

const schema = Type.Object({ spec: DaemonSetSpec, status: Type.Optional(DaemonSetStatus) });

export type DaemonSet = KubeObject & Type.Static<typeof schema>;

export const daemonSetKind: Kind<DaemonSet> = {
  type: { group: "apps", version: "v1", plural: "daemonsets", kind: "DaemonSet", namespaced: true },
  singular: "daemonset",
  shortNames: ["ds"],
  categories: ["all"],
  description: "DaemonSet keeps one pod of a template running on every node.",
  schema,
  status: true,
  listMapKeys: { ...podListMapKeys("spec.template.spec"), "status.conditions": ["type"] },
  defaults: (set) => ({
    ...set,
    spec: {
      ...set.spec,
      template: defaultTemplate(set.spec.template),
      revisionHistoryLimit: set.spec.revisionHistoryLimit ?? 10,
      updateStrategy: set.spec.updateStrategy ?? {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
      },
    },
    status: {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
      ...set.status,
    },
  }),
  validate: ({ spec }) => templateProblems(spec.template, spec.selector),
  validateUpdate: (set, old) => immutable("spec.selector", set.spec.selector, old.spec.selector),
};
