/** Tiny kinds and shorthands for the tests of this folder. */
import { Type } from "typebox";
import type { KubeObject, ResourceType } from "../object.ts";
import { EmbeddedStore, type EmbeddedStoreOptions } from "./embedded-store.ts";
import type { StoredKind } from "./stored-kind.ts";

const core = (plural: string, kind: string, namespaced = true): ResourceType => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});

export const namespaces = core("namespaces", "Namespace", false);
export const pods = core("pods", "Pod");
export const configMaps = core("configmaps", "ConfigMap");
export const deployments: ResourceType = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
};
export const things: ResourceType = {
  group: "test.lateen.dev",
  version: "v1",
  plural: "things",
  kind: "Thing",
  namespaced: true,
};

const anything = Type.Optional(Type.Record(Type.String(), Type.Unknown()));

export const kinds: StoredKind[] = [
  { type: namespaces, status: true, open: true, schema: Type.Object({ spec: anything, status: anything }) },
  { type: pods, status: true, open: true, schema: Type.Object({ spec: anything, status: anything }) },
  { type: deployments, status: true, open: true, schema: Type.Object({ spec: anything, status: anything }) },
  {
    type: configMaps,
    schema: Type.Object({
      data: Type.Optional(Type.Record(Type.String(), Type.String())),
      immutable: Type.Optional(Type.Boolean()),
    }),
  },
  {
    type: things,
    otherVersions: ["v1beta1"],
    status: true,
    listMapKeys: { "spec.ports": ["port", "protocol"], "spec.names": [] },
    schema: Type.Object({
      spec: Type.Optional(
        Type.Object({
          size: Type.Optional(Type.Integer({ minimum: 0 })),
          color: Type.Optional(Type.Union([Type.Literal("red"), Type.Literal("blue")])),
          replicas: Type.Optional(Type.Integer()),
          selector: anything,
          template: anything,
          ports: Type.Optional(
            Type.Array(
              Type.Object({
                port: Type.Integer(),
                protocol: Type.Optional(Type.String()),
                name: Type.Optional(Type.String()),
              }),
            ),
          ),
          names: Type.Optional(Type.Array(Type.String())),
          tags: Type.Optional(Type.Array(Type.String())),
        }),
      ),
      status: Type.Optional(
        Type.Object({
          ready: Type.Optional(Type.Boolean()),
          replicas: Type.Optional(Type.Integer()),
          conditions: Type.Optional(Type.Array(Type.Record(Type.String(), Type.String()))),
        }),
      ),
    }),
    defaults: (object) =>
      isRecord(object.spec) && object.spec.size === undefined
        ? { ...object, spec: { ...object.spec, size: 1 } }
        : object,
    validate: (object) =>
      isRecord(object.spec) && object.spec.size === 13
        ? [{ code: "LTN9999", field: "spec.size", message: "is unlucky", remedy: "take 12 or 14" }]
        : [],
    warn: (object) =>
      isRecord(object.spec) && object.spec.size === 0
        ? [{ code: "LTN9998", field: "spec.size", message: "nothing will be there" }]
        : [],
  },
];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export type Thing = KubeObject & {
  spec?: { size?: number; color?: string; ports?: { port: number; protocol?: string; name?: string }[] };
};

export function thing(name: string, spec: Record<string, unknown> = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: "test.lateen.dev/v1",
    kind: "Thing",
    metadata: { namespace: "default", name, ...metadata },
    spec,
  };
}

export function pod(name: string, spec: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name, ...metadata }, spec };
}

/** A store with the namespace `default`. */
export async function openStore(options: Partial<EmbeddedStoreOptions> = {}): Promise<EmbeddedStore> {
  const store = new EmbeddedStore({ path: ":memory:", kinds, ...options });
  await store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
  return store;
}

export const at = (name: string, namespace = "default"): { namespace: string; name: string } => ({ namespace, name });

/** Waits until a condition holds: for what follows in later commits. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not come to hold within a second");
}

/** Whether an object is gone. */
export async function isGone(
  store: EmbeddedStore,
  type: ResourceType,
  name: { namespace?: string; name: string },
): Promise<boolean> {
  return store.get(type, name).then(
    () => false,
    () => true,
  );
}
