/**
 * CustomResourceDefinitions: those of the kinds that we serve are derived from them, and writing one changes nothing.
 * Others are kept, so that what brings them applies; nothing is served under them.
 */
import { createHash } from "node:crypto";
import { crdName, isBuiltIn, toCrd } from "../../kinds/crd.ts";
import type { Kind } from "../../kinds/kind.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import { selects } from "../../store/selectors.ts";
import type { ListOptions, ObjectName, Patch, WatchOptions, WriteOptions } from "../../store/store.ts";
import { type Backend, typed } from "./backend.ts";

export function crdBackend(kinds: readonly Kind[], since: Date, main: Backend): Backend {
  const served = kinds.filter((kind) => !isBuiltIn(kind.type.group)).map((kind) => ours(kind, since));
  const made = new Map(served.map((crd) => [crd.metadata.name, crd]));
  /** The definition that stays as it is; undefined when it is none of ours. */
  const kept = (name: string, options: WriteOptions | undefined): KubeObject | undefined => {
    const crd = made.get(name);
    options?.warn?.(
      crd
        ? `${name} is built into Lateen and stays as it is`
        : `Lateen does not serve ${name}: its definition is kept, but no objects are`,
    );
    return crd;
  };
  /** As a server says that it serves a definition, which clients wait for. */
  const established = async <T extends KubeObject>(type: ResourceType, stored: KubeObject): Promise<T> => {
    if (stored.status !== undefined) return typed<T>(stored);
    const status = establishedStatus(stored, new Date());
    return typed<T>(await main.update(type, { ...stored, status }, { subresource: "status" }));
  };
  const backend: Backend = {
    async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}) {
      const others = await main.list(type, options);
      const all = [...served.filter(selects(options)), ...others.items];
      all.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      return { ...others, items: all.map((crd) => typed<T>(crd)) };
    },
    async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions) {
      if (options.resourceVersion === "" || options.resourceVersion === "0") {
        for (const crd of served.filter(selects(options))) yield { type: "ADDED" as const, object: typed<T>(crd) };
      }
      yield* main.watch<T>(type, options);
    },
    async get<T extends KubeObject>(type: ResourceType, name: ObjectName) {
      const crd = made.get(name.name);
      return crd ? typed<T>(crd) : main.get<T>(type, name);
    },
    async create(type, object, options) {
      const crd = kept(object.metadata.name, options);
      return crd ? typed(crd) : established(type, await main.create(type, object, options));
    },
    async update(type, object, options) {
      const crd = kept(object.metadata.name, options);
      return crd ? typed(crd) : main.update(type, object, options);
    },
    async patch<T extends KubeObject>(type: ResourceType, name: ObjectName, patch: Patch, options?: WriteOptions) {
      const crd = kept(name.name, options);
      return crd ? typed<T>(crd) : established<T>(type, await main.patch(type, name, patch, options));
    },
    async delete(type, name, options) {
      await backend.remove(type, name, options);
    },
    async remove(type, name, options) {
      if (!made.has(name.name)) return main.remove(type, name, options);
      throw new StoreError("Forbidden", `${name.name} is built into Lateen and cannot be deleted`);
    },
  };
  return backend;
}

function ours(kind: Kind, since: Date): KubeObject {
  const crd = toCrd(kind);
  const name = crdName(kind);
  // The same in every run, as if it were kept.
  const hex = createHash("sha256").update(name).digest("hex");
  const uid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
  const metadata = { ...crd.metadata, uid, resourceVersion: "1", generation: 1, creationTimestamp: seconds(since) };
  return { ...crd, metadata, status: establishedStatus(crd, since) };
}

function establishedStatus(crd: KubeObject, since: Date): object {
  const spec = Object(crd.spec);
  const versions: { name: string; storage: boolean }[] = Array.isArray(spec.versions) ? spec.versions : [];
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: "True",
    lastTransitionTime: seconds(since),
    reason,
    message,
  });
  return {
    acceptedNames: spec.names,
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    storedVersions: versions.filter((version) => version.storage).map((version) => version.name),
  };
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
