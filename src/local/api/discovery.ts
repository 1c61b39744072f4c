/** What is served, told in both of Kubernetes' ways: path by path, and aggregated in one document. */

import type { Catalog, Group, GroupVersion, ServedResource } from "./catalog.ts";
import type { Accepted } from "./negotiate.ts";

const nameOf = ({ group, version }: { group: string; version: string }): string =>
  group === "" ? version : `${group}/${version}`;

export function apiVersions(address: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

export function apiGroupList(catalog: Catalog): object {
  const groups = catalog.groups.filter((group) => group.name !== "").map(apiGroup);
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** One group at /apis/GROUP. */
export function apiGroupDocument(group: Group): object {
  return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
}

function apiGroup(group: Group): object {
  const versions = group.versions.map((version) => ({ groupVersion: nameOf(version), version: version.version }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/** The resources of one version at /api/v1 or /apis/GROUP/VERSION. */
export function apiResourceList(groupVersion: GroupVersion): object {
  const resources = groupVersion.resources.flatMap((resource) => [
    {
      name: resource.type.plural,
      singularName: resource.kind.singular,
      namespaced: resource.type.namespaced,
      kind: resource.type.kind,
      verbs: resource.verbs,
      ...names(resource),
    },
    ...resource.subresources.map((sub) => ({
      name: `${resource.type.plural}/${sub.name}`,
      singularName: "",
      namespaced: resource.type.namespaced,
      ...(sub.group !== groupVersion.group && { group: sub.group, version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: nameOf(groupVersion), resources };
}

function names({ kind }: ServedResource): object {
  return {
    ...(kind.shortNames && { shortNames: kind.shortNames }),
    ...(kind.categories && { categories: kind.categories }),
  };
}

/** The version of aggregated discovery that is asked for, if any. */
export function aggregatedVersion(accepted: readonly Accepted[]): "v2" | "v2beta1" | undefined {
  for (const { as, group, version } of accepted) {
    if (as !== "APIGroupDiscoveryList" || group !== "apidiscovery.k8s.io") continue;
    if (version === "v2" || version === "v2beta1") return version;
  }
  return undefined;
}

/** Everything under /api (`core`) or under /apis. */
export function aggregatedDiscovery(catalog: Catalog, version: "v2" | "v2beta1", core: boolean): object {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: catalog.groups
      .filter((group) => (group.name === "") === core)
      .map((group) => ({
        metadata: group.name === "" ? {} : { name: group.name },
        versions: group.versions.map((groupVersion) => ({
          version: groupVersion.version,
          resources: groupVersion.resources.map(discovered),
          freshness: "Current",
        })),
      })),
  };
}

function discovered(resource: ServedResource): object {
  const { group, version, kind, plural, namespaced } = resource.type;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.kind.singular,
    verbs: resource.verbs,
    ...names(resource),
    ...(resource.subresources.length > 0 && {
      subresources: resource.subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
        verbs: sub.verbs,
      })),
    }),
  };
}
