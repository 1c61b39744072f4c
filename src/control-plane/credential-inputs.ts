import { configMapKind } from "../kinds/core/config-map.ts";
import { secretKind } from "../kinds/core/secret.ts";
import { CREDENTIAL_KEYS } from "../mesh/credentials.ts";
import type { Reads } from "../store/any-version.ts";
import type { KubeObject, ResourceType } from "../store/object.ts";
import type { ListOptions, WatchEvent, WatchOptions } from "../store/store.ts";

/** Where objects that may hold certificates are followed, and which of them. */
export interface CredentialSource {
  type: ResourceType;
  selection: ListOptions;
  /** The store, with all taken out that is no certificate: what is not needed is not kept in memory. */
  reads: Reads;
}

/** Secrets of these types are never a gateway's; a cluster has many of them, and big ones. */
const OTHER_SECRETS = [
  "helm.sh/release.v1",
  "kubernetes.io/service-account-token",
  "kubernetes.io/dockerconfigjson",
  "kubernetes.io/dockercfg",
  "bootstrap.kubernetes.io/token",
];

export function credentialSources(store: Reads): Record<"secrets" | "caConfigMaps", CredentialSource> {
  const fieldSelector = OTHER_SECRETS.map((type) => `type!=${type}`).join(",");
  const reads = certificatesOnly(store);
  return {
    secrets: { type: secretKind.type, selection: { fieldSelector }, reads },
    caConfigMaps: { type: configMapKind.type, selection: {}, reads },
  };
}

function certificatesOnly(store: Reads): Reads {
  return {
    list: async <T extends KubeObject>(type: ResourceType, options?: ListOptions) => {
      const { items, ...page } = await store.list<T>(type, options);
      return { ...page, items: items.map(withoutOthers) };
    },
    async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
      for await (const event of store.watch<T>(type, options)) {
        yield event.type === "BOOKMARK" ? event : { ...event, object: withoutOthers(event.object) };
      }
    },
  };
}

function withoutOthers<T extends KubeObject>(object: T): T {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const data = typeof object.data === "object" && object.data !== null ? Object.entries(object.data) : [];
  return {
    ...object,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    data: Object.fromEntries(data.filter(([key]) => CREDENTIAL_KEYS.has(key))),
    binaryData: undefined,
  };
}
