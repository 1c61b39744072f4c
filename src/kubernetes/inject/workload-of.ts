import type { ObjectMeta } from "../../store/object.ts";

export interface WorkloadName {
  /** Of the Deployment or other owner; for a pod of its own, the pod's. */
  name: string;
  /** Kind and API version of that owner. */
  kind: string;
  apiVersion: string;
}

/** What a pod belongs to, as Istio names it: a ReplicaSet made by a Deployment counts as that Deployment. */
export function workloadOf(meta: ObjectMeta): WorkloadName {
  const owner = meta.ownerReferences?.find((reference) => reference.controller) ?? meta.ownerReferences?.[0];
  if (!owner) {
    const name = meta.name === "" || meta.name === undefined ? (meta.generateName ?? "").replace(/-$/, "") : meta.name;
    return { name, kind: "Pod", apiVersion: "v1" };
  }
  const hash = meta.labels?.["pod-template-hash"];
  if (owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return { name: owner.name.slice(0, -hash.length - 1), kind: "Deployment", apiVersion: "apps/v1" };
  }
  // A CronJob names its Jobs after itself and the minute.
  if (owner.kind === "Job" && /-[0-9]{8,10}$/.test(owner.name)) {
    return { name: owner.name.replace(/-[0-9]{8,10}$/, ""), kind: "CronJob", apiVersion: "batch/v1" };
  }
  return { name: owner.name, kind: owner.kind, apiVersion: owner.apiVersion };
}

/** Istio's canonical service of a workload: what metrics and dashboards group by. */
export function canonicalName(labels: Readonly<Record<string, string>>, workload: string): string {
  const name = labels["service.istio.io/canonical-name"] ?? labels["app.kubernetes.io/name"] ?? labels.app ?? workload;
  return name.slice(0, 63).replace(/^[-_.]+|[-_.]+$/g, "");
}

export function canonicalRevision(labels: Readonly<Record<string, string>>): string {
  return (
    labels["service.istio.io/canonical-revision"] ?? labels["app.kubernetes.io/version"] ?? labels.version ?? "latest"
  );
}
