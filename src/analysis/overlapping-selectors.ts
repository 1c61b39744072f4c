/** For kinds of which a workload obeys one object: whether two select the same workload, or one selects none. */
import { selectorText } from "../mesh/labels.ts";
import type { Labels } from "../mesh/model.ts";
import type { KubeObject } from "../store/object.ts";
import { enumeration } from "./enumeration.ts";
import type { MessageName, Report } from "./messages.ts";
import type { World } from "./world.ts";

interface Selecting {
  object: KubeObject;
  /** Empty: for its whole namespace. */
  labels: Labels;
  /** Where the labels stand. */
  field: string;
}

interface Words {
  plural: string;
  samePods: MessageName;
  sameNamespace: MessageName;
}

export function overlappingSelectors(
  { workloads }: World,
  report: Report,
  all: readonly Selecting[],
  { plural, samePods, sameNamespace }: Words,
): void {
  const general = all.filter(({ labels }) => Object.keys(labels).length === 0);
  for (const [namespace, same] of Map.groupBy(general, namespaceOf)) {
    if (same.length < 2) continue;
    const text = `the ${plural} ${namesOf(same)} of namespace ${namespace} are all without selector: it is not defined which one counts`;
    for (const { object } of same) report(sameNamespace, object, "metadata.name", text, "keep one, or give selectors");
  }
  const selecting = all.filter(({ labels }) => Object.keys(labels).length > 0);
  const byWorkload = new Map<KubeObject, Selecting[]>();
  for (const one of selecting) {
    const selected = workloads.selected(one.labels, namespaceOf(one));
    for (const { object } of selected) byWorkload.set(object, [...(byWorkload.get(object) ?? []), one]);
    if (selected.length > 0) continue;
    const text = `Referenced selector not found: ${JSON.stringify(selectorText(one.labels))}`;
    const remedy = "no pod of the namespace has these labels: correct them";
    report("ReferencedResourceNotFound", one.object, one.field, text, remedy);
  }
  const told = new Set<Selecting>();
  for (const [pod, same] of byWorkload) {
    if (same.length < 2) continue;
    const text = `the ${plural} ${namesOf(same)} of namespace ${pod.metadata.namespace} all select ${pod.kind} ${pod.metadata.name}: it is not defined which one counts`;
    for (const one of same) {
      // One pod is example enough.
      if (!told.has(one)) report(samePods, one.object, one.field, text, "let their selectors differ");
      told.add(one);
    }
  }
}

function namespaceOf({ object }: Selecting): string {
  return object.metadata.namespace ?? "";
}

function namesOf(same: readonly Selecting[]): string {
  return enumeration(same.map(({ object }) => object.metadata.name).sort());
}
