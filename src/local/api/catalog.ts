/** All that this server serves under /api and /apis, by path. */
import type { Kind } from "../../kinds/kind.ts";
import { sortedVersions } from "../../kinds/versions.ts";
import type { ResourceType } from "../../store/object.ts";
import type { Verb } from "./request-info.ts";
import { reviewResources } from "./review-resources.ts";

export interface Subresource {
  name: string;
  /** Of what is read and written there. */
  kind: string;
  group: string;
  version: string;
  verbs: readonly string[];
}

/** A resource in one of its versions. */
export interface ServedResource {
  type: ResourceType;
  kind: Kind;
  verbs: readonly Verb[];
  subresources: readonly Subresource[];
}

export interface GroupVersion {
  group: string;
  version: string;
  resources: readonly ServedResource[];
}

export interface Group {
  name: string;
  /** The preferred one first. */
  versions: readonly GroupVersion[];
}

export interface Catalog {
  groups: readonly Group[];
  find(group: string, version: string, plural: string): ServedResource | undefined;
}

const ALL_VERBS: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

export function catalogOf(kinds: readonly Kind[]): Catalog {
  const served = [
    ...kinds.flatMap((kind) =>
      [kind.type.version, ...(kind.otherVersions ?? [])].map((version) => resource(kind, version)),
    ),
    ...reviewResources,
  ];
  const byPath = new Map(served.map((one) => [pathOf(one.type.group, one.type.version, one.type.plural), one]));
  const names = new Set(served.map((one) => one.type.group));
  const groups = [...names].sort().map((name) => {
    const members = served.filter((one) => one.type.group === name);
    const versions = sortedVersions(members.map((one) => one.type.version)).map((version) => ({
      group: name,
      version,
      resources: members
        .filter((one) => one.type.version === version)
        .sort((a, b) => (a.type.plural < b.type.plural ? -1 : 1)),
    }));
    return { name, versions };
  });
  return { groups, find: (group, version, plural) => byPath.get(pathOf(group, version, plural)) };
}

function pathOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

function resource(kind: Kind, version: string): ServedResource {
  const type = { ...kind.type, version };
  const { group } = type;
  const own = (name: string): Subresource => ({
    name,
    kind: type.kind,
    group,
    version,
    verbs: ["get", "patch", "update"],
  });
  return {
    type,
    kind,
    verbs: ALL_VERBS,
    subresources: [...(kind.status ? [own("status")] : []), ...(special[`${group}/${type.plural}`] ?? [])],
  };
}

const scale: Subresource = {
  name: "scale",
  kind: "Scale",
  group: "autoscaling",
  version: "v1",
  verbs: ["get", "patch", "update"],
};

function connect(name: string, kind: string, verbs = ["create", "get"]): Subresource {
  return { name, kind, group: "", version: "v1", verbs };
}

const PROXY_VERBS = ["create", "delete", "get", "patch", "update"];

const special: Readonly<Record<string, readonly Subresource[]>> = {
  "apps/deployments": [scale],
  "apps/replicasets": [scale],
  "apps/statefulsets": [scale],
  "/pods": [
    connect("attach", "PodAttachOptions"),
    { name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] },
    connect("exec", "PodExecOptions"),
    connect("log", "Pod", ["get"]),
    connect("portforward", "PodPortForwardOptions"),
    connect("proxy", "PodProxyOptions", PROXY_VERBS),
  ],
  "/services": [connect("proxy", "ServiceProxyOptions", PROXY_VERBS)],
  "/serviceaccounts": [
    { name: "token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"] },
  ],
  "/namespaces": [connect("finalize", "Namespace", ["update"])],
};
