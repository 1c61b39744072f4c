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
import { lateenKinds } from "../kinds/lateen/index.ts";
import type { MeshInputs } from "../mesh/inputs.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import { anyVersion, type Reads } from "../store/any-version.ts";
import { StoreError } from "../store/error.ts";
import { type KubeObject, keyOf } from "../store/object.ts";
import { reflect } from "../store/reflector.ts";
import type { ListOptions, Store } from "../store/store.ts";
import { credentialSources } from "./credential-inputs.ts";
import { holdLastReady, type Rows } from "./last-ready.ts";

export interface FollowOptions {
  signal: AbortSignal;
  /** Of the ConfigMap with the mesh's settings. Default: `istio`. */
  meshConfigMap?: string;
  /** Where that is. Default: istio-system. */
  namespace?: string;
  /** Default: all kinds. */
  only?: readonly (keyof MeshInputs)[];
  /** Hears of what failed and is tried again. */
  onError(error: unknown): void;
  /** Hears once that the store does not have this kind; it is followed as soon as it comes. */
  onAbsent?(kind: string): void;
}

/** After the store was away, everything is followed again within this time. */
const LONGEST_RETRY_MS = 5_000;

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
  const { signal, onError, onAbsent, only, meshConfigMap = "istio", namespace = SYSTEM_NAMESPACE } = options;
  const first: (() => void)[] = [];
  const follow = (
    input: Rows<KubeObject>,
    kind: Source,
    selection: Selection = {},
    reads: Reads = anyVersion(store, kind.otherVersions ?? []),
  ): Promise<void> => {
    const { key: own, ...listing } = selection;
    const keyIn = (object: KubeObject): string => own ?? keyOf(object);
    const synced = Promise.withResolvers<void>();
    const handler = {
      sync: (objects: readonly KubeObject[]) => {
        first.push(() => {
          for (const object of objects) input.set(keyIn(object), lean(object));
        });
        synced.resolve();
      },
      change: (deltas: readonly { type: "upsert" | "delete"; key: string; object: KubeObject }[]) => {
        batch(() => {
          for (const { type, object } of deltas) {
            if (type === "upsert") input.set(keyIn(object), lean(object));
            else input.delete(keyIn(object));
          }
        });
      },
      trouble: (error: unknown) => {
        const absent = error instanceof StoreError && error.reason === "NotFound";
        if (absent) onAbsent?.(`${kind.type.kind} (${kind.type.group})`);
        else onError(error);
      },
    };
    void reflect<KubeObject>(reads, kind.type, { ...listing, longestRetryMs: LONGEST_RETRY_MS }, handler, signal);
    return synced.promise;
  };

  // What arrives while others are still listing goes in after the first lists, and in its order.
  let started = false;
  const batch = (change: () => void): void => {
    if (started) graph.batch(change);
    else first.push(change);
  };
  const meshConfig: Selection = {
    namespace,
    fieldSelector: `metadata.name=${meshConfigMap}`,
    // Whatever its name and place, the model reads it in one place.
    key: `${SYSTEM_NAMESPACE}/istio`,
  };
  const followed: [name: string, source: Source, selection?: Selection, reads?: Reads][] = [
    ...Object.entries(SOURCES),
    ...Object.entries(credentialSources(store)).map(([name, { type, selection, reads }]): (typeof followed)[number] => [
      name,
      { type },
      selection,
      reads,
    ]),
    ["configMaps", configMapKind, meshConfig],
  ];
  const endpointSlices = holdLastReady(inputs.endpointSlices, { signal });
  const rowsOf = (name: string): Rows<KubeObject> => (name === "endpointSlices" ? endpointSlices : input(inputs, name));
  const wanted = new Set<string>(only ?? followed.map(([name]) => name));
  await Promise.all(
    followed
      .filter(([name]) => wanted.has(name))
      .map(([name, source, selection, reads]) => follow(rowsOf(name), source, selection, reads)),
  );
  started = true;
  graph.batch(() => {
    for (const change of first) change();
  });
}

type Source = Pick<Kind, "type" | "otherVersions">;

interface Selection extends ListOptions {
  /** The key of the one object that is selected, in place of its own. */
  key?: string;
}

/** Followed by themselves, or no objects. */
type NotFollowed = "configMaps" | "secrets" | "caConfigMaps" | "keySets" | "keySetProblems";

const SOURCES: Record<Exclude<keyof MeshInputs, NotFollowed>, Source> = {
  services: serviceKind,
  endpointSlices: endpointSliceKind,
  pods: podKind,
  namespaces: namespaceKind,
  virtualServices: kindOf(istioKinds, "VirtualService"),
  destinationRules: kindOf(istioKinds, "DestinationRule"),
  gateways: kindOf(istioKinds, "Gateway"),
  serviceEntries: kindOf(istioKinds, "ServiceEntry"),
  workloadEntries: kindOf(istioKinds, "WorkloadEntry"),
  sidecars: kindOf(istioKinds, "Sidecar"),
  authorizationPolicies: kindOf(istioKinds, "AuthorizationPolicy"),
  requestAuthentications: kindOf(istioKinds, "RequestAuthentication"),
  peerAuthentications: kindOf(istioKinds, "PeerAuthentication"),
  rateLimits: kindOf(lateenKinds, "RateLimit"),
  gatewayClasses: kindOf(gatewayApiKinds, "GatewayClass"),
  k8sGateways: kindOf(gatewayApiKinds, "Gateway"),
  httpRoutes: kindOf(gatewayApiKinds, "HTTPRoute"),
  grpcRoutes: kindOf(gatewayApiKinds, "GRPCRoute"),
  tlsRoutes: kindOf(gatewayApiKinds, "TLSRoute"),
  tcpRoutes: kindOf(gatewayApiKinds, "TCPRoute"),
  listenerSets: kindOf(gatewayApiKinds, "ListenerSet"),
  backendTlsPolicies: kindOf(gatewayApiKinds, "BackendTLSPolicy"),
  referenceGrants: kindOf(gatewayApiKinds, "ReferenceGrant"),
};

function kindOf(kinds: readonly Kind[], name: string): Source {
  const kind = kinds.find(({ type }) => type.kind === name);
  if (!kind) throw new Error(`there is no kind ${name}`);
  return kind;
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
