import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { defaultTemplate } from "./pod-defaults.ts";
import { PodTemplate, podListMapKeys } from "./pod-spec.ts";
import { immutable, templateProblems } from "./pod-validation.ts";
import { bool, Condition, int, intOrText, LabelSelector, list, oneOf, shape } from "./shape.ts";

const DeploymentSpec = shape(
  "DeploymentSpec",
  { selector: LabelSelector, template: PodTemplate },
  {
    replicas: Type.Integer({ minimum: 0 }),
    strategy: shape(
      "DeploymentStrategy",
      {},
      {
        type: oneOf("RollingUpdate", "Recreate"),
        rollingUpdate: shape("RollingUpdateDeployment", {}, { maxSurge: intOrText, maxUnavailable: intOrText }),
      },
    ),
    minReadySeconds: Type.Integer({ minimum: 0 }),
    paused: bool,
    progressDeadlineSeconds: int,
    revisionHistoryLimit: Type.Integer({ minimum: 0 }),
  },
);

const DeploymentStatus = shape(
  "DeploymentStatus",
  {},
  {
    availableReplicas: int,
    collisionCount: int,
    conditions: list(Condition),
    observedGeneration: int,
    readyReplicas: int,
    replicas: int,
    terminatingReplicas: int,
    unavailableReplicas: int,
    updatedReplicas: int,
  },
);

const schema = Type.Object({ spec: DeploymentSpec, status: Type.Optional(DeploymentStatus) });

export type Deployment = KubeObject & Type.Static<typeof schema>;

export const deploymentKind: Kind<Deployment> = {
  type: { group: "apps", version: "v1", plural: "deployments", kind: "Deployment", namespaced: true },
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  description:
    "Deployment keeps a number of like pods running and replaces them step by step when their template changes.",
  schema,
  status: true,
  listMapKeys: { ...podListMapKeys("spec.template.spec"), "status.conditions": ["type"] },
  defaults: (deployment) => ({
    ...deployment,
    spec: defaultSpec(deployment.spec),
    status: deployment.status ?? {},
  }),
  validate: ({ spec }) => templateProblems(spec.template, spec.selector),
  validateUpdate: (deployment, old) => immutable("spec.selector", deployment.spec.selector, old.spec.selector),
};

type Spec = Deployment["spec"];

function defaultSpec(spec: Spec): Spec {
  const type = spec.strategy?.type ?? "RollingUpdate";
  const rollingUpdate = { maxSurge: "25%", maxUnavailable: "25%", ...spec.strategy?.rollingUpdate };
  return {
    ...spec,
    replicas: spec.replicas ?? 1,
    template: defaultTemplate(spec.template),
    strategy: type === "RollingUpdate" ? { type, rollingUpdate } : { ...spec.strategy, type },
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
  };
}
