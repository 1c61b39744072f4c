/**
 * How the parts of an object merge: which lists are maps by key or sets, and which maps are taken as a whole.
 * Kubernetes keeps this in its OpenAPI extensions; here it is a table for the built-in kinds, and `listMapKeys` for
 * the others.
 */
import type { ResourceType } from "../object.ts";

export type ListShape = { type: "map"; keys: readonly string[] } | { type: "set" } | { type: "atomic" };

/** Paths are field names from the root, without indices: `["spec", "template", "spec", "containers"]`. */
export interface Shapes {
  list(path: readonly string[]): ListShape;
  atomicMap(path: readonly string[]): boolean;
}

const ATOMIC: ListShape = { type: "atomic" };

/** In any kind: fields of metadata, and conditions, which have a type everywhere. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  "metadata.ownerReferences": ["uid"],
  "metadata.finalizers": [],
  "status.conditions": ["type"],
};

/** In built-in kinds, by the end of the path. No keys: a set. */
const BUILT_IN: readonly [string, readonly string[]][] = [
  ["containers.ports", ["containerPort", "protocol"]],
  ["initContainers.ports", ["containerPort", "protocol"]],
  ["ephemeralContainers.ports", ["containerPort", "protocol"]],
  ["containers", ["name"]],
  ["initContainers", ["name"]],
  ["ephemeralContainers", ["name"]],
  ["env", ["name"]],
  ["volumeMounts", ["mountPath"]],
  ["volumeDevices", ["devicePath"]],
  ["claims", ["name"]],
  ["volumes", ["name"]],
  ["imagePullSecrets", ["name"]],
  ["hostAliases", ["ip"]],
  ["topologySpreadConstraints", ["topologyKey", "whenUnsatisfiable"]],
  ["resourceClaims", ["name"]],
  ["schedulingGates", ["name"]],
  ["podIPs", ["ip"]],
  ["hostIPs", ["ip"]],
  ["status.addresses", ["type"]],
  ["secrets", ["name"]],
  ["webhooks", ["name"]],
];

const SERVICE: readonly [string, readonly string[]][] = [["spec.ports", ["port", "protocol"]]];

/** Maps that mean something only as a whole: selectors and references. */
const ATOMIC_MAPS = new Set([
  "selector",
  "nodeSelector",
  "labelSelector",
  "namespaceSelector",
  "podSelector",
  "objectSelector",
  "secretKeyRef",
  "configMapKeyRef",
  "fieldRef",
  "resourceFieldRef",
  "secretRef",
  "roleRef",
  "targetRef",
  "involvedObject",
]);

/** CRDs' groups have a domain of their own; Kubernetes' end in `.k8s.io` or have no dot. The Gateway API is CRDs. */
function isBuiltIn(group: string): boolean {
  return !group.includes(".") || (group.endsWith(".k8s.io") && !group.startsWith("gateway."));
}

export function shapesOf(kind: {
  type: Pick<ResourceType, "group" | "plural">;
  listMapKeys?: Readonly<Record<string, readonly string[]>>;
}): Shapes {
  const { group, plural } = kind.type;
  const builtIn = isBuiltIn(group);
  const byEnd = builtIn ? (group === "" && plural === "services" ? [...SERVICE, ...BUILT_IN] : BUILT_IN) : [];
  const byPath = new Map(
    Object.entries({ ...COMMON, ...kind.listMapKeys }).map(([path, keys]) => [path.replaceAll(/\[\*?\]/g, ""), keys]),
  );
  return {
    list(path) {
      const text = path.join(".");
      const keys = byPath.get(text) ?? byEnd.find(([end]) => text === end || text.endsWith(`.${end}`))?.[1];
      if (keys === undefined) return ATOMIC;
      return keys.length === 0 ? { type: "set" } : { type: "map", keys };
    },
    atomicMap: (path) => builtIn && path[0] !== "metadata" && ATOMIC_MAPS.has(path.at(-1) ?? ""),
  };
}

/** What a key field is when an item leaves it out: only ports have such a default. */
export const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: "TCP" };
