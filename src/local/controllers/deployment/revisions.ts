/** The ReplicaSet for a Deployment's template, and those of its earlier ones: what `kubectl rollout history` shows. */
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { ReplicaSet } from "../../../kinds/core/replica-set.ts";
import { controllerReference } from "../owners.ts";
import { sameTemplate, TEMPLATE_HASH_LABEL, templateHash } from "../template-hash.ts";
import { byAge, newSetReplicas, scaleAnnotations, wanted } from "./scaling.ts";

export const REVISION_ANNOTATION = "deployment.kubernetes.io/revision";
const HISTORY_ANNOTATION = "deployment.kubernetes.io/revision-history";
const LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

export function revisionOf({ metadata }: ReplicaSet | Deployment): number {
  return Number(metadata.annotations?.[REVISION_ANNOTATION] ?? 0);
}

/** The set of the current template; of several, which only collisions can make, the oldest. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(byAge).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** The set for a template that has none yet. */
export function makeNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet {
  const { name, namespace } = deployment.metadata;
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  const set: ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newSetReplicas(deployment, undefined, sets),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
      ...(minReadySeconds !== undefined && { minReadySeconds }),
    },
  };
  return withRevision(set, deployment, sets);
}

/** The set with the revision it should have (the highest), and what else it takes from its Deployment. */
export function withRevision(set: ReplicaSet, deployment: Deployment, oldSets: readonly ReplicaSet[]): ReplicaSet {
  const next = Math.max(0, ...oldSets.map(revisionOf)) + 1;
  const now = revisionOf(set);
  const revision = Math.max(now, next);
  const annotations = {
    ...set.metadata.annotations,
    ...ownAnnotations(deployment),
    ...scaleAnnotations(deployment),
    [REVISION_ANNOTATION]: String(revision),
    ...(now > 0 && revision > now && { [HISTORY_ANNOTATION]: historyOf(set, now) }),
  };
  const { minReadySeconds } = deployment.spec;
  const spec = minReadySeconds === undefined ? set.spec : { ...set.spec, minReadySeconds };
  return { ...set, metadata: { ...set.metadata, annotations }, spec };
}

/** Old sets without pods beyond those that are kept for going back to, the oldest first. */
export function superfluousSets(deployment: Deployment, oldSets: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const cleanable = oldSets.filter((set) => wanted(set) === 0 && (set.status?.replicas ?? 0) === 0 && isSettled(set));
  const surplus = Math.max(0, cleanable.length - limit);
  return cleanable.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus);
}

function isSettled({ metadata, status }: ReplicaSet): boolean {
  return metadata.deletionTimestamp === undefined && (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** Annotations that a Deployment hands to its sets, `kubernetes.io/change-cause` among them. */
function ownAnnotations({ metadata }: Deployment): Record<string, string> {
  const { [LAST_APPLIED_ANNOTATION]: _, [REVISION_ANNOTATION]: __, ...rest } = metadata.annotations ?? {};
  return rest;
}

function historyOf({ metadata }: ReplicaSet, revision: number): string {
  const earlier = metadata.annotations?.[HISTORY_ANNOTATION];
  return earlier ? `${earlier},${revision}` : String(revision);
}
