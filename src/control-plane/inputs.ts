import type { Graph } from "../engine/graph.ts";
import type { Input } from "../engine/input.ts";
import { configMapKind } from "../kinds/core/config-map.ts";
import { endpointSliceKind } from "../kinds/core/endpoint-slice.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { gatewayApiKinds } from "../kinds/gateway-api/index.ts";
import { istioKinds } from "../kinds/istio/index.ts";
import type { Kind } from "../kinds/kind.ts";
import type { MeshInputs } from "../mesh/inputs.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import { type KubeObject, keyOf, type ResourceType } from "../store/object.ts";
import { reflect } from "../store/reflector.ts";
import type { ListOptions, Store } from "../store/store.ts";

export interface FollowOptions {
  signal: AbortSignal;
  /** Hears of what failed and is tried again. */
  onError(error: unknown): void;
}

/**
 * Keeps the mesh's inputs like the store's objects until aborted. Resolves when all that the store has is in, in one
 * pass; after that the changes of one turn of the event loop are one pass.
 */
export async function followInputs(
  graph: Graph,
  inputs: MeshInputs,
  store: Store,
  options: FollowOptions,
): Promise<void> {
  const { signal, onError } = options;
  const first: (() => void)[] = [];
  const follow = (input: Input<KubeObject>, type: ResourceType, selection: ListOptions = {}): Promise<void> => {
    const synced = Promise.withResolvers<void>();
    const handler = {
      sync: (objects: readonly KubeObject[]) => {
        first.push(() => {
          for (const object of objects) input.set(keyOf(object), lean(object));
        });
        synced.resolve();
      },
      change: (deltas: readonly { type: "upsert" | "delete"; key: string; object: KubeObject }[]) => {
        batch(() => {
          for (const { type: what, key, object } of deltas) {
            if (what === "upsert") input.set(key, lean(object));
            else input.delete(key);
          }
        });
      },
      trouble: onError,
    };
    void reflect<KubeObject>(store, type, selection, handler, signal);
    return synced.promise;
  };

  // What arrives while others are still listing goes in after the first lists, and in its order.
  let started = false;
  const batch = (change: () => void): void => {
    if (started) graph.batch(change);
    else first.push(change);
  };
  await Promise.all([
    ...Object.entries(SOURCES).map(([name, source]) => follow(input(inputs, name), source)),
    follow(input(inputs, "configMaps"), configMapKind.type, {
      namespace: SYSTEM_NAMESPACE,
      fieldSelector: "metadata.name=istio",
    }),
  ]);
  started = true;
  graph.batch(() => {
    for (const change of first) change();
  });
}

const SOURCES: Record<Exclude<keyof MeshInputs, "configMaps">, ResourceType> = {
  services: serviceKind.type,
  endpointSlices: endpointSliceKind.type,
  pods: podKind.type,
  namespaces: namespaceKind.type,
  virtualServices: typeOf(istioKinds, "VirtualService"),
  destinationRules: typeOf(istioKinds, "DestinationRule"),
  gateways: typeOf(istioKinds, "Gateway"),
  serviceEntries: typeOf(istioKinds, "ServiceEntry"),
  workloadEntries: typeOf(istioKinds, "WorkloadEntry"),
  sidecars: typeOf(istioKinds, "Sidecar"),
  gatewayClasses: typeOf(gatewayApiKinds, "GatewayClass"),
  k8sGateways: typeOf(gatewayApiKinds, "Gateway"),
  httpRoutes: typeOf(gatewayApiKinds, "HTTPRoute"),
  referenceGrants: typeOf(gatewayApiKinds, "ReferenceGrant"),
};

function typeOf(kinds: readonly Kind[], name: string): ResourceType {
  const kind = kinds.find(({ type }) => type.kind === name);
  if (!kind) throw new Error(`there is no kind ${name}`);
  return kind.type;
}

/** The API has validated the object by its kind: here it is taken at its word. */
function input(inputs: MeshInputs, name: string): Input<KubeObject> {
  return Reflect.get(inputs, name);
}

/** Without what changes on every write and concerns nobody here, so that such writes change no row. */
function lean(object: KubeObject): KubeObject {
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}
