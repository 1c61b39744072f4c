/** A kind as the CustomResourceDefinition that a cluster needs in order to serve it. */
import type { KubeObject } from "../store/object.ts";
import { GROUP as GATEWAY_API } from "./gateway-api/common.ts";
import type { Kind } from "./kind.ts";
import { toOpenApi } from "./open-api-schema.ts";
import { sortedVersions } from "./versions.ts";

/** Whether Kubernetes itself has this group, so that its kinds need no CRD. */
export function isBuiltIn(group: string): boolean {
  return group !== GATEWAY_API && (!group.includes(".") || group.endsWith(".k8s.io"));
}

/** By these, tools of the Gateway API tell which one a cluster has: this one has fields of the experimental channel. */
const GATEWAY_API_BUNDLE = { [`${GATEWAY_API}/bundle-version`]: "v1.6.3", [`${GATEWAY_API}/channel`]: "experimental" };

export function crdName(kind: Kind): string {
  return `${kind.type.plural}.${kind.type.group}`;
}

export function toCrd(kind: Kind): KubeObject {
  const { type } = kind;
  const { properties, required } = toOpenApi(kind.schema);
  const openAPIV3Schema = {
    type: "object",
    description: kind.description,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      ...(typeof properties === "object" ? properties : {}),
    },
    ...(required !== undefined && { required }),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: crdName(kind),
      labels: { "app.kubernetes.io/part-of": "lateen" },
      ...(type.group === GATEWAY_API && { annotations: GATEWAY_API_BUNDLE }),
    },
    spec: {
      group: type.group,
      names: {
        kind: type.kind,
        listKind: `${type.kind}List`,
        plural: type.plural,
        singular: kind.singular,
        ...(kind.shortNames && { shortNames: [...kind.shortNames] }),
        ...(kind.categories && { categories: [...kind.categories] }),
      },
      scope: type.namespaced ? "Namespaced" : "Cluster",
      conversion: { strategy: "None" },
      versions: sortedVersions([type.version, ...(kind.otherVersions ?? [])]).map((name) => ({
        name,
        served: true,
        storage: name === type.version,
        schema: { openAPIV3Schema },
        ...(kind.status && { subresources: { status: {} } }),
        ...(kind.columns && { additionalPrinterColumns: kind.columns.map((column) => ({ ...column })) }),
      })),
    },
  };
}
