import type { Pod } from "../../kinds/core/pod.ts";
import type { PodTemplate } from "../../kinds/core/pod-spec.ts";
import type { KubeObject } from "../../store/object.ts";
import { controllerReference } from "./owners.ts";
import { millis } from "./time.ts";

export function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function isFinished({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Counts as a replica: neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod);
}

/** Since when the pod has been ready, in milliseconds since 1970; undefined when it is not. */
export function readySince({ status }: Pod): number | undefined {
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  return condition?.status === "True" ? (millis(condition.lastTransitionTime) ?? 0) : undefined;
}

export function isReady(pod: Pod): boolean {
  return readySince(pod) !== undefined;
}

/** Milliseconds until the pod has been ready for `minReadySeconds`: 0 when it is available, undefined if not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number | undefined, now: Date): number | undefined {
  const since = readySince(pod);
  if (since === undefined || !minReadySeconds) return since === undefined ? undefined : 0;
  return Math.max(0, since + minReadySeconds * 1000 - now.getTime());
}

/** The least of the waits that are still to be waited; undefined when there is none. */
export function soonest(waits: readonly (number | undefined)[]): number | undefined {
  const ahead = waits.filter((wait) => wait !== undefined).filter((wait) => wait > 0);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}

/** A pod by its owner's template. Exactly one of `name` and `generateName` is given. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplate | undefined,
  name: { name: string } | { generateName: string },
  labels: Record<string, string> = {},
): Pod {
  const { metadata, spec } = template ?? {};
  const { namespace } = owner.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "",
      ...name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...metadata?.labels, ...labels },
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: spec ?? { containers: [] },
  };
}
