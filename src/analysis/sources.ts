/** The objects to analyse, from a cluster and from files, each checked for its kind's shape before anything reads it. */
import type { Kind } from "../kinds/kind.ts";
import { kinds } from "../kinds/registry.ts";
import { metadataTypes } from "../store/check/metadata.ts";
import { schemaCheck } from "../store/check/schema-check.ts";
import type { StatusCause } from "../store/error.ts";
import { type KubeObject, keyOf } from "../store/object.ts";

export interface Source {
  object: KubeObject;
  /** Of an object from a file: where a field stands, as `vs.yaml:13`. */
  place?(field?: string): string;
}

/** An object whose fields are not of the types that its kind says. Nothing but this is said of it. */
export interface Malformed {
  object: KubeObject;
  causes: readonly StatusCause[];
}

export interface Sources {
  /** By kind (`typeName`), those of a kind by key. */
  byKind: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;
  malformed: readonly Malformed[];
  /** Objects of files, of kinds that there are not here. */
  unknown: readonly KubeObject[];
  placeOf(object: KubeObject): Source["place"];
}

/** `networking.istio.io/Gateway`; `/Service`. */
export function typeName({ group, kind }: { group: string; kind: string }): string {
  return `${group}/${kind}`;
}

const byType = new Map(kinds.map((kind) => [typeName(kind.type), kind]));

/** The kind of an object, in whichever of its versions it is written. */
export function kindOf({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): Kind | undefined {
  return byType.get(typeName({ group: groupOf(apiVersion), kind }));
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/", 1)[0] ?? "") : "";
}

/** Of two objects of one name the later wins: files, which come last, over what the cluster has. */
export function readSources(sources: Iterable<Source>): Sources {
  const byKind = new Map<string, Map<string, KubeObject>>();
  const malformed = new Map<string, Malformed>();
  const unknown: KubeObject[] = [];
  const places = new Map<KubeObject, Source["place"]>();
  for (const source of sources) {
    const kind = kindOf(source.object);
    if (source.place) places.set(source.object, source.place);
    if (!kind) {
      if (source.place) unknown.push(source.object);
      continue;
    }
    const name = typeName(kind.type);
    const key = keyOf(source.object);
    const causes = shapeOf(kind, source);
    const objects = byKind.get(name) ?? new Map<string, KubeObject>();
    byKind.set(name, objects);
    malformed.delete(`${name} ${key}`);
    if (causes.length > 0) {
      malformed.set(`${name} ${key}`, { object: source.object, causes });
      objects.delete(key);
      continue;
    }
    // What a file leaves out, the API will fill in.
    const object = source.place ? (kind.defaults?.(source.object) ?? source.object) : source.object;
    objects.set(key, object);
    if (source.place) places.set(object, source.place);
  }
  return { byKind, malformed: [...malformed.values()], unknown, placeOf: (object) => places.get(object) };
}

/** What a cluster serves of Kubernetes' own kinds it has checked itself, and its schemas may know more than ours. */
function shapeOf(kind: Kind, { object, place }: Source): StatusCause[] {
  if (!place && !kind.type.group.endsWith(".istio.io")) return [];
  const { apiVersion: _, kind: __, metadata, ...content } = object;
  return [...metadataTypes(metadata), ...schemaCheck(kind.schema)(content)];
}
