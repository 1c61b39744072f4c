import type { KubeObject, OwnerReference } from "../../store/object.ts";
import { type LabelSelector, labelSelectorRequirements, matchesLabels } from "../../store/selectors.ts";
import type { Objects } from "./objects.ts";

export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function controllerReference({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  const { name, uid = "" } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** As for the workloads that own: neither an absent nor an empty selector selects anything. */
export function selectorMatches(selector: LabelSelector | undefined, object: KubeObject): boolean {
  const requirements = labelSelectorRequirements(selector ?? {});
  return requirements.length > 0 && matchesLabels(requirements, object.metadata.labels);
}

/**
 * What the owner controls. It adopts what its selector matches and nobody controls, and lets go of what it no longer
 * matches.
 */
export async function claim<T extends KubeObject>(
  owner: KubeObject & { spec: { selector?: LabelSelector } },
  objects: Objects<T>,
): Promise<T[]> {
  const { selector } = owner.spec;
  const { uid = "", namespace = "", deletionTimestamp } = owner.metadata;
  const owned = objects.controlledBy(uid);
  const kept = owned.filter((object) => selectorMatches(selector, object));
  if (deletionTimestamp !== undefined) return kept;
  await Promise.all(owned.filter((object) => !kept.includes(object)).map((object) => release(object, uid, objects)));
  const found = objects.orphans(namespace).filter((object) => isAdoptable(object) && selectorMatches(selector, object));
  const adopted = await Promise.all(found.map((object) => adopt(object, owner, objects)));
  return [...kept, ...adopted];
}

function isAdoptable({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp === undefined;
}

function adopt<T extends KubeObject>(object: T, owner: KubeObject, objects: Objects<T>): Promise<T> {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
  return objects.update({ ...object, metadata: { ...object.metadata, ownerReferences } });
}

async function release<T extends KubeObject>(object: T, uid: string, objects: Objects<T>): Promise<void> {
  if (object.metadata.deletionTimestamp !== undefined) return;
  const ownerReferences = object.metadata.ownerReferences?.filter((reference) => reference.uid !== uid) ?? [];
  await objects.update({ ...object, metadata: { ...object.metadata, ownerReferences } });
}
