/** Pods that there are, and pods that there will be: the templates of Deployments and their like. */
import type { Pod } from "../kinds/core/pod.ts";
import { labelTexts, selects } from "../mesh/labels.ts";
import type { Labels } from "../mesh/model.ts";
import type { KubeObject } from "../store/object.ts";

export interface Workload {
  /** A Pod, or what has a template of pods. */
  object: KubeObject;
  namespace: string;
  labels: Labels;
  annotations: Labels;
  spec: Pod["spec"];
  /** Where in the object the pod is described: "", or `spec.template.`. */
  at: string;
}

export interface Workloads {
  all: readonly Workload[];
  /** Those that have all the labels, in one namespace or in all. An empty selector selects all of them. */
  selected(selector: Labels, namespace?: string): Workload[];
}

export function indexWorkloads(all: readonly Workload[]): Workloads {
  const buckets = new Map<string, Workload[]>();
  const add = (bucket: string, workload: Workload): void => {
    const found = buckets.get(bucket);
    if (found) found.push(workload);
    else buckets.set(bucket, [workload]);
  };
  for (const workload of all) {
    // "" is the bucket of a namespace's all; "*" stands for all namespaces.
    for (const label of ["", ...labelTexts(workload.labels)]) {
      add(`*/${label}`, workload);
      add(`${workload.namespace}/${label}`, workload);
    }
  }
  return {
    all,
    selected(selector, namespace = "*") {
      const labels = labelTexts(selector);
      const candidates = (labels.length === 0 ? [""] : labels).map(
        (label) => buckets.get(`${namespace}/${label}`) ?? [],
      );
      const fewest = candidates.reduce((a, b) => (b.length < a.length ? b : a));
      return fewest.filter((workload) => selects(selector, workload.labels));
    },
  };
}
