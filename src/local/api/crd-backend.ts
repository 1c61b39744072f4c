/** CustomResourceDefinitions: derived from the kinds that we serve. Writing one that is served changes nothing. */
import { createHash } from "node:crypto";
import { crdName, isBuiltIn, toCrd } from "../../kinds/crd.ts";
import type { Kind } from "../../kinds/kind.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import { notFound } from "../../store/refusals.ts";
import { selects } from "../../store/selectors.ts";
import type { ListOptions, WriteOptions } from "../../store/store.ts";
import type { Backend } from "./backend.ts";

export function crdBackend(kinds: readonly Kind[], since: Date): Backend {
  const served = kinds.filter((kind) => !isBuiltIn(kind.type.group));
  const made = new Map<string, KubeObject>();
  for (const kind of served) made.set(crdName(kind), established(toCrd(kind), since));
  const sorted = [...made.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const accept = (name: string, options: WriteOptions | undefined, sent: KubeObject): KubeObject => {
    const known = made.get(name);
    options?.warn?.(
      known
        ? `${name} is built into Lateen and stays as it is`
        : `Lateen does not serve ${name}: the definition is accepted and forgotten`,
    );
    return known ?? established(sent, new Date());
  };
  const backend: Backend = {
    async list<T extends KubeObject>(_: unknown, options: ListOptions = {}) {
      return { items: sorted.filter(selects(options)).map((crd) => crd as T), resourceVersion: "1" };
    },
    async *watch<T extends KubeObject>(
      _: unknown,
      options: ListOptions & { resourceVersion: string; signal: AbortSignal },
    ) {
      const { resourceVersion, signal } = options;
      if (resourceVersion === "" || resourceVersion === "0") {
        for (const crd of sorted.filter(selects(options))) yield { type: "ADDED" as const, object: crd as T };
      }
      // Nothing ever changes.
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    async get<T extends KubeObject>(type: Parameters<typeof notFound>[0], { name }: { name: string }) {
      const crd = made.get(name);
      if (!crd) throw notFound(type, name);
      return crd as T;
    },
    create: async (_, object, options) => accept(object.metadata.name, options, object) as typeof object,
    update: async (_, object, options) => accept(object.metadata.name, options, object) as typeof object,
    async patch<T extends KubeObject>(
      type: Parameters<typeof notFound>[0],
      { name }: { name: string },
      patch: { type: string; body: object },
      options?: WriteOptions,
    ) {
      if (!made.has(name) && patch.type !== "apply") throw notFound(type, name);
      const sent: KubeObject = {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name },
      };
      return accept(name, options, {
        ...sent,
        ...patch.body,
        metadata: { ...Object(Reflect.get(patch.body, "metadata")), name },
      }) as T;
    },
    async delete(type, name) {
      await backend.remove(type, name);
    },
    async remove(type, { name }) {
      if (!made.has(name)) throw notFound(type, name);
      throw new StoreError("Forbidden", `${name} is built into Lateen and cannot be deleted`);
    },
  };
  return backend;
}

/** As a definition looks once a server serves it. */
function established(crd: KubeObject, since: Date): KubeObject {
  const time = `${since.toISOString().slice(0, 19)}Z`;
  const spec = Object(crd.spec);
  const versions: { name: string; storage: boolean }[] = Array.isArray(spec.versions) ? spec.versions : [];
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: "True",
    lastTransitionTime: time,
    reason,
    message,
  });
  return {
    ...crd,
    metadata: {
      ...crd.metadata,
      uid: uidOf(crd.metadata.name),
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: time,
    },
    status: {
      acceptedNames: spec.names,
      conditions: [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ],
      storedVersions: versions.filter((version) => version.storage).map((version) => version.name),
    },
  };
}

/** The same in every run, as if it were kept. */
function uidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
