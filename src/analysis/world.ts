/** What analyzers look at: the objects by kind, the mesh that they make, and the pods that they are or will be. */
import type { Reader } from "../engine/derived.ts";
import { Graph } from "../engine/graph.ts";
import type { Input } from "../engine/input.ts";
import { plainReader } from "../engine/plain-reader.ts";
import { configMapKind } from "../kinds/core/config-map.ts";
import { daemonSetKind } from "../kinds/core/daemon-set.ts";
import { deploymentKind } from "../kinds/core/deployment.ts";
import { jobKind } from "../kinds/core/job.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { type Pod, podKind } from "../kinds/core/pod.ts";
import type { PodTemplate } from "../kinds/core/pod-spec.ts";
import { secretKind } from "../kinds/core/secret.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { statefulSetKind } from "../kinds/core/stateful-set.ts";
import { destinationRuleKind } from "../kinds/istio/destination-rule.ts";
import { gatewayKind } from "../kinds/istio/gateway.ts";
import { peerAuthenticationKind } from "../kinds/istio/peer-authentication.ts";
import { serviceEntryKind } from "../kinds/istio/service-entry.ts";
import { sidecarKind } from "../kinds/istio/sidecar.ts";
import { virtualServiceKind } from "../kinds/istio/virtual-service.ts";
import type { Kind } from "../kinds/kind.ts";
import { type MeshInputs, meshInputs } from "../mesh/inputs.ts";
import { type MeshCollections, wireMesh } from "../mesh/mesh.ts";
import { type References, wireReferences } from "../mesh/references.ts";
import { type KubeObject, keyOf } from "../store/object.ts";
import { kindOf, type Malformed, readSources, type Source, typeName } from "./sources.ts";
import { indexWorkloads, type Workload, type Workloads } from "./workloads.ts";

export interface World {
  objects<T extends KubeObject>(kind: Kind<T>): readonly T[];
  /** All objects, of whatever kind. */
  everything(): Iterable<KubeObject>;
  /** By `namespace/name`, or `name` where cluster-scoped. */
  find<T extends KubeObject>(kind: Kind<T>, key: string): T | undefined;
  /** Whether all objects of the kind are here, so that one that is not is missing. */
  knows(kind: Kind): boolean;
  malformed: readonly Malformed[];
  unknown: readonly KubeObject[];
  placeOf(object: KubeObject): Source["place"];
  workloads: Workloads;
  mesh: MeshCollections;
  references: References;
  read: Reader;
}

/**
 * `listed`: kinds that a cluster was asked for, so that all there is of them is among the sources. Of other kinds those
 * are known of which there is at least one: who gives a file of Services gives all that matter.
 */
export function createWorld(sources: Iterable<Source>, listed: readonly Kind[] = []): World {
  const { byKind, malformed, unknown, placeOf } = readSources(sources);
  const known = new Set([...byKind.keys(), ...listed.map(({ type }) => typeName(type))]);
  const objects = <T extends KubeObject>(kind: Kind<T>): T[] =>
    [...(byKind.get(typeName(kind.type))?.values() ?? [])].filter((object) => isOf(kind, object));
  const workloads = indexWorkloads(workloadsOf(objects));
  if (workloads.all.length > 0) known.add(typeName(podKind.type));
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const mesh = wireMesh(graph, inputs);
  const references = wireReferences(graph, inputs, mesh);
  graph.batch(() => fill(inputs, objects));
  return {
    objects,
    *everything() {
      for (const each of byKind.values()) yield* each.values();
    },
    find(kind, key) {
      const found = byKind.get(typeName(kind.type))?.get(key);
      return found && isOf(kind, found) ? found : undefined;
    },
    knows: ({ type }) => known.has(typeName(type)),
    malformed,
    unknown,
    placeOf,
    workloads,
    mesh,
    references,
    read: plainReader,
  };
}

type ObjectsOf = <T extends KubeObject>(kind: Kind<T>) => readonly T[];

/** The shape was checked when the object came in. */
function isOf<T extends KubeObject>(kind: Kind<T>, object: KubeObject): object is T {
  const own = kindOf(object);
  return own !== undefined && typeName(own.type) === typeName(kind.type);
}

function fill(inputs: MeshInputs, objects: ObjectsOf): void {
  const set = <T extends KubeObject>(input: Pick<Input<T>, "set">, kind: Kind<T>): void => {
    for (const object of objects(kind)) input.set(keyOf(object), object);
  };
  set(inputs.services, serviceKind);
  set(inputs.pods, podKind);
  set(inputs.namespaces, namespaceKind);
  set(inputs.configMaps, configMapKind);
  set(inputs.secrets, secretKind);
  set(inputs.virtualServices, virtualServiceKind);
  set(inputs.destinationRules, destinationRuleKind);
  set(inputs.gateways, gatewayKind);
  set(inputs.serviceEntries, serviceEntryKind);
  set(inputs.sidecars, sidecarKind);
  set(inputs.peerAuthentications, peerAuthenticationKind);
}

function workloadsOf(objects: ObjectsOf): Workload[] {
  const pods = objects(podKind).filter((pod) => !isLeaving(pod));
  const templated = [
    ...objects(deploymentKind),
    ...objects(statefulSetKind),
    ...objects(daemonSetKind),
    ...objects(jobKind),
  ];
  return [
    ...pods.map((pod) => workload(pod, pod.metadata, pod.spec, "")),
    ...templated.flatMap((object) => {
      const { metadata = {}, spec } = object.spec.template;
      return spec ? [workload(object, metadata, spec, "spec.template.")] : [];
    }),
  ];
}

/** One that has ended, or is about to: nothing is to be done about it any more. */
export function isLeaving({ metadata, status }: Pod): boolean {
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  return ended || metadata.deletionTimestamp !== undefined;
}

function workload(
  object: KubeObject,
  { labels = {}, annotations = {} }: Pick<NonNullable<PodTemplate["metadata"]>, "labels" | "annotations">,
  spec: Pod["spec"],
  at: string,
): Workload {
  return { object, namespace: object.metadata.namespace ?? "", labels, annotations, spec, at };
}
