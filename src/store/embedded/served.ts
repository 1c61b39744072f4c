import { StoreError } from "../error.ts";
import { apiVersionOf, type KubeObject, type ResourceType } from "../object.ts";
import type { StoredKind } from "./stored-kind.ts";

/** How a type is named inside the store, whatever the version it is asked for in. */
export type TypeKey = string;

export function typeKey(type: Pick<ResourceType, "group" | "plural">): TypeKey {
  return `${type.group}/${type.plural}`;
}

/** The kinds that a store serves. All versions of a kind share a schema, so a version is only the apiVersion. */
export class Served {
  readonly #kinds = new Map<TypeKey, StoredKind>();

  constructor(kinds: readonly StoredKind[]) {
    for (const kind of kinds) this.#kinds.set(typeKey(kind.type), kind);
  }

  all(): IterableIterator<StoredKind> {
    return this.#kinds.values();
  }

  get(key: TypeKey): StoredKind | undefined {
    return this.#kinds.get(key);
  }

  /** The kind of a type, or NotFound as a server says it of an unknown path. */
  require(type: ResourceType): StoredKind {
    const kind = this.#kinds.get(typeKey(type));
    if (kind && (kind.type.version === type.version || kind.otherVersions?.includes(type.version))) return kind;
    throw new StoreError("NotFound", "the server could not find the requested resource", {
      details: { group: type.group, kind: type.plural },
    });
  }

  /** The kind that an owner reference names. */
  byKind(apiVersion: string, name: string): StoredKind | undefined {
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
    for (const kind of this.#kinds.values()) if (kind.type.kind === name && kind.type.group === group) return kind;
    return undefined;
  }
}

/** The object as the asked version shows it. */
export function inVersion(type: ResourceType, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(type);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
