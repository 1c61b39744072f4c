import { parse } from "yaml";
import { type ConfigMap, configMapKind } from "../kinds/core/config-map.ts";
import { type Namespace, namespaceKind } from "../kinds/core/namespace.ts";
import { type Pod, podKind } from "../kinds/core/pod.ts";
import { mutatingWebhookConfigurationKind } from "../kinds/core/webhook-configuration.ts";
import { decideInjection } from "../kubernetes/inject/decide.ts";
import { defaultInjectSettings, type InjectSettings } from "../kubernetes/inject/settings.ts";
import { injectSettingsFrom } from "../kubernetes/inject/settings-from-values.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import type { KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";
import { type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { findPod } from "./kubernetes/find-pod.ts";
import { bad, good } from "./marks.ts";
import { table } from "./table.ts";

export interface CheckInjectOptions extends ClusterOption {
  namespace?: string;
}

const REVISION = "istio.io/rev";
const STATUS = "sidecar.istio.io/status";

/** `lateen x check-inject`: which of the cluster's injectors a pod is for, and why the others are not. */
export async function checkInject(word: string, options: CheckInjectOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const { store, connection } = cluster;
    const found = (await findPod(cluster, word, namespaceOf(options, connection))).metadata;
    const { namespace = "default" } = found;
    const pod = await store.get<Pod>(podKind.type, { namespace, name: found.name });
    const { metadata } = await store.get<Namespace>(namespaceKind.type, { name: namespace });
    const injectors = (await store.list<KubeObject>(mutatingWebhookConfigurationKind.type)).items.filter(
      (each) => each.metadata.labels?.[REVISION] !== undefined,
    );
    const rows = await Promise.all(
      injectors.map(async ({ metadata: { name, labels = {} } }) => {
        const revision = labels[REVISION] ?? "";
        // a tag is another name of its revision
        const settings = { ...(await settingsOf(store, revision)), revision: labels["istio.io/tag"] ?? revision };
        const candidate = { pod: asNew(pod), namespace, namespaceLabels: metadata.labels ?? {} };
        const { inject, reason } = decideInjection(candidate, settings);
        return [name, revision, inject ? good("") : bad(""), reason];
      }),
    );
    for (const line of table(["WEBHOOK", "REVISION", "INJECTED", "REASON"], rows)) console.log(line);
  });
}

/** What is asked is what would happen to a pod like it, not to this one again. */
function asNew(pod: Pod): Pod {
  const { [STATUS]: _status, ...annotations } = pod.metadata.annotations ?? {};
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

async function settingsOf(store: Pick<Store, "list">, revision: string): Promise<InjectSettings> {
  const name = revision === "default" ? "istio-sidecar-injector" : `istio-sidecar-injector-${revision}`;
  const { items } = await store.list<ConfigMap>(configMapKind.type, { namespace: SYSTEM_NAMESPACE });
  const found = items.find(({ metadata }) => metadata.name === name);
  return found ? injectSettingsFrom(parse(found.data?.values ?? "{}")) : defaultInjectSettings;
}
