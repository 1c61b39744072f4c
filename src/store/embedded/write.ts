/** What the store makes of an object that is written: the metadata that is its own, and who may change what. */
import { randomInt, randomUUID } from "node:crypto";
import { equal } from "../../engine/equal.ts";
import { StoreError } from "../error.ts";
import { apiVersionOf, type KubeObject, type ObjectMeta } from "../object.ts";
import { isFields } from "../patch/json.ts";
import { conflict, invalid, modified } from "../refusals.ts";
import type { ObjectName, WriteOptions } from "../store.ts";
import { isNamespace, seconds } from "./deletion.ts";
import { copyWithoutNulls } from "./freeze.ts";
import type { StoredKind } from "./stored-kind.ts";

/** Kubernetes' own alphabet: no vowels, no digits that look like letters. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX = 5;
const LONGEST = 63;

/** Old kinds, whose objects have no generation in Kubernetes either. */
const WITHOUT_GENERATION = new Set(["rbac.authorization.k8s.io", "coordination.k8s.io", "events.k8s.io"]);

export function withGeneratedName(object: KubeObject): KubeObject {
  const base = (object.metadata.generateName ?? "").slice(0, LONGEST - SUFFIX);
  const suffix = Array.from({ length: SUFFIX }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return { ...object, metadata: { ...object.metadata, name: base + suffix } };
}

/** An object as it begins: a copy of what was sent, named and dated by the store. */
export function newObject(kind: StoredKind, input: KubeObject, now: Date): KubeObject {
  const object = ofKind(kind, copyWithoutNulls(input));
  const { metadata } = object;
  if (metadata.resourceVersion) {
    throw new StoreError("BadRequest", "resourceVersion should not be set on objects to be created");
  }
  if (!metadata.name && !metadata.generateName) {
    const message = "Required value: name or generateName is required";
    throw invalid(kind.type, "", [{ reason: "FieldValueRequired", field: "metadata.name", message }]);
  }
  const kept = withoutStoreFields(metadata);
  const named: KubeObject = {
    ...object,
    metadata: {
      ...kept,
      uid: randomUUID(),
      creationTimestamp: seconds(now),
      ...(hasGeneration(kind) ? { generation: 1 } : {}),
    },
  };
  if (kind.status) delete named.status;
  if (isNamespace(kind)) asNamespace(named);
  return metadata.name ? named : withGeneratedName(named);
}

/** A namespace says that it is in use, and can be selected by its name. */
function asNamespace(object: KubeObject): void {
  const labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
  object.metadata = { ...object.metadata, labels };
  object.spec = { finalizers: ["kubernetes"] };
  object.status = { phase: "Active" };
}

/** What an update makes of an object: the store's own fields stay, and so does what the subresource does not cover. */
export function updatedObject(
  kind: StoredKind,
  old: KubeObject,
  input: KubeObject,
  subresource: "status" | undefined,
): KubeObject {
  const object = ofKind(kind, copyWithoutNulls(input));
  const { uid, resourceVersion } = object.metadata;
  if (uid && uid !== old.metadata.uid) {
    const reason = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(kind.type, old.metadata.name, reason);
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw modified(kind.type, old.metadata.name);
  if (subresource === "status") {
    const { status: _, ...rest } = old;
    const { managedFields = old.metadata.managedFields } = object.metadata;
    const metadata = managedFields === undefined ? old.metadata : { ...old.metadata, managedFields };
    return { ...rest, metadata, ...(object.status === undefined ? {} : { status: object.status }) };
  }
  const metadata = { ...withoutStoreFields(object.metadata), ...storeFields(old.metadata) };
  const next: KubeObject = { ...object, metadata };
  if (kind.status) {
    delete next.status;
    if (old.status !== undefined) next.status = old.status;
  }
  if (isNamespace(kind)) next.spec = old.spec;
  return next;
}

/** The part of an applied configuration that the request covers, under the name it is applied to. */
export function configuration(
  kind: StoredKind,
  name: ObjectName,
  body: object,
  { subresource }: WriteOptions,
): KubeObject {
  const { metadata: applied, ...fields }: Record<string, unknown> = { ...copyWithoutNulls(body) };
  const given = isFields(applied) ? applied : {};
  if (given.managedFields !== undefined) throw new StoreError("BadRequest", "metadata.managedFields must be nil");
  const metadata: ObjectMeta = { ...(subresource ? identity(given) : given), name: name.name };
  if (kind.type.namespaced && name.namespace !== undefined) metadata.namespace = name.namespace;
  const object = ofKind(kind, { apiVersion: apiVersionOf(kind.type), kind: kind.type.kind, ...fields, metadata });
  const { status, ...rest } = object;
  if (subresource !== "status") return kind.status ? rest : object;
  return { apiVersion: object.apiVersion, kind: object.kind, metadata, ...(status === undefined ? {} : { status }) };
}

/** The version and uid of metadata, where they are given. */
export function identity({ uid, resourceVersion }: { uid?: unknown; resourceVersion?: unknown }): Partial<ObjectMeta> {
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
  };
}

/** Counts a change of what is wanted (not of metadata or status). */
export function withGeneration(kind: StoredKind, old: KubeObject, next: KubeObject): KubeObject {
  if (old.metadata.generation === undefined || equal(wanted(kind, old), wanted(kind, next))) return next;
  return { ...next, metadata: { ...next.metadata, generation: old.metadata.generation + 1 } };
}

function wanted(kind: StoredKind, object: KubeObject): unknown {
  const { metadata: _, status, ...rest } = object;
  return kind.status ? rest : { ...rest, status };
}

function hasGeneration(kind: StoredKind): boolean {
  if (kind.type.group === "") return kind.type.plural === "pods";
  return !WITHOUT_GENERATION.has(kind.type.group);
}

/** The object under its stored version and kind; refuses one of another kind. */
function ofKind(kind: StoredKind, object: KubeObject): KubeObject {
  const { type } = kind;
  const versions = [type.version, ...(kind.otherVersions ?? [])];
  const apiVersions = versions.map((version) => apiVersionOf({ group: type.group, version }));
  if (object.kind !== undefined && object.kind !== type.kind) {
    throw new StoreError("BadRequest", `the object's kind is ${object.kind}, but ${type.kind} is written here`);
  }
  if (object.apiVersion !== undefined && !apiVersions.includes(object.apiVersion)) {
    throw new StoreError("BadRequest", `the object's apiVersion is ${object.apiVersion}; served: ${apiVersions}`);
  }
  const { apiVersion: _, kind: __, metadata = { name: "" }, ...rest } = object;
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata, ...rest };
}

function withoutStoreFields(metadata: ObjectMeta): ObjectMeta {
  const { uid, creationTimestamp, generation, resourceVersion, ...rest } = metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, ...kept } = rest;
  return kept;
}

function storeFields(metadata: ObjectMeta): ObjectMeta {
  const fields: ObjectMeta = { name: metadata.name };
  if (metadata.namespace !== undefined) fields.namespace = metadata.namespace;
  if (metadata.generateName !== undefined) fields.generateName = metadata.generateName;
  if (metadata.uid !== undefined) fields.uid = metadata.uid;
  if (metadata.creationTimestamp !== undefined) fields.creationTimestamp = metadata.creationTimestamp;
  if (metadata.generation !== undefined) fields.generation = metadata.generation;
  if (metadata.resourceVersion !== undefined) fields.resourceVersion = metadata.resourceVersion;
  if (metadata.deletionTimestamp !== undefined) fields.deletionTimestamp = metadata.deletionTimestamp;
  if (metadata.deletionGracePeriodSeconds !== undefined) {
    fields.deletionGracePeriodSeconds = metadata.deletionGracePeriodSeconds;
  }
  return fields;
}
