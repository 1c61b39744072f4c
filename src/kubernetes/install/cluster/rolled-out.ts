/** Whether what was applied works: definitions are served, Deployments and DaemonSets are rolled out. */
import type { DaemonSet } from "../../../kinds/core/daemon-set.ts";
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { KubeObject } from "../../../store/object.ts";
import { definitionsOf, isEstablished } from "./definitions.ts";

/** Kinds that are not simply there, but take their time. */
export const SLOW_KINDS: ReadonlySet<string> = new Set(["CustomResourceDefinition", "Deployment", "DaemonSet"]);

/** Undefined when the object, as it is in the cluster, works; else what is missing, in a few words. */
export function missing(object: KubeObject): string | undefined {
  switch (object.kind) {
    case "CustomResourceDefinition":
      return definitionsOf([object]).every(isEstablished) ? undefined : "not served yet";
    case "Deployment":
      return deploymentMissing(object as Deployment);
    case "DaemonSet":
      return daemonSetMissing(object as DaemonSet);
    default:
      return undefined;
  }
}

function deploymentMissing({ metadata, spec, status = {} }: Deployment): string | undefined {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if (observedGeneration < (metadata.generation ?? 0)) return "not looked at yet";
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} pods made`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old pods still there`;
  if (availableReplicas < wanted) return `${availableReplicas} of ${wanted} pods ready`;
  return undefined;
}

function daemonSetMissing({ metadata, status }: DaemonSet): string | undefined {
  const { observedGeneration = 0, desiredNumberScheduled = 0, updatedNumberScheduled = 0 } = status ?? {};
  const ready = status?.numberAvailable ?? 0;
  if (observedGeneration < (metadata.generation ?? 0)) return "not looked at yet";
  if (updatedNumberScheduled < desiredNumberScheduled) {
    return `${updatedNumberScheduled} of ${desiredNumberScheduled} pods made`;
  }
  return ready < desiredNumberScheduled ? `${ready} of ${desiredNumberScheduled} pods ready` : undefined;
}
