/** What a cluster has for analysis to look at. */
import type { Source } from "../analysis/sources.ts";
import { LateenError } from "../errors.ts";
import { configMapKind } from "../kinds/core/config-map.ts";
import { daemonSetKind } from "../kinds/core/daemon-set.ts";
import { deploymentKind } from "../kinds/core/deployment.ts";
import { jobKind } from "../kinds/core/job.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { podKind } from "../kinds/core/pod.ts";
import { secretKind } from "../kinds/core/secret.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { statefulSetKind } from "../kinds/core/stateful-set.ts";
import { mutatingWebhookConfigurationKind } from "../kinds/core/webhook-configuration.ts";
import { gatewayApiKinds } from "../kinds/gateway-api/index.ts";
import { durationMs } from "../kinds/istio/duration.ts";
import type { Kind } from "../kinds/kind.ts";
import { meshKinds } from "../kinds/mesh-kinds.ts";
import { NEVER_INJECTED } from "../kubernetes/inject/decide.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import { anyVersion } from "../store/any-version.ts";
import { StoreError } from "../store/error.ts";
import type { KubeObject } from "../store/object.ts";
import type { ListOptions } from "../store/store.ts";
import type { Cluster } from "./cluster.ts";

const KUBERNETES_KINDS: readonly Kind[] = [
  namespaceKind,
  serviceKind,
  podKind,
  deploymentKind,
  statefulSetKind,
  daemonSetKind,
  jobKind,
  configMapKind,
  secretKind,
  mutatingWebhookConfigurationKind,
];

const SELECTIONS = new Map<string, ListOptions>([
  [configMapKind.type.kind, { namespace: SYSTEM_NAMESPACE }],
  // Large, and no certificates of gateways.
  [secretKind.type.kind, { fieldSelector: "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token" }],
]);

/** `listed`: the kinds of which all that there is is among the sources. */
export async function clusterSources(
  { store }: Cluster,
  revision: string,
): Promise<{ sources: Source[]; listed: Kind[] }> {
  const kinds = [...KUBERNETES_KINDS, ...gatewayApiKinds, ...meshKinds];
  const answers = await Promise.all(
    kinds.map(async (kind) => ({ kind, objects: await objectsOf(store, kind).catch((error) => refused(kind, error)) })),
  );
  const listed = answers.flatMap(({ kind, objects }) => (objects ? [kind] : []));
  const sources = answers.flatMap(({ kind, objects = [] }) =>
    objects.filter((object) => concerns(kind, object, revision)).map((object) => ({ object })),
  );
  return { sources, listed };
}

async function objectsOf(store: Cluster["store"], { type, otherVersions = [] }: Kind): Promise<KubeObject[]> {
  const { items } = await anyVersion(store, otherVersions).list<KubeObject>(type, SELECTIONS.get(type.kind));
  return items;
}

/** A kind that the cluster does not have has no objects. One that may not be read is not known. */
function refused({ type }: Kind, error: unknown): KubeObject[] | undefined {
  if (!(error instanceof StoreError)) throw error;
  if (error.reason === "NotFound") return [];
  if (error.reason !== "Forbidden") throw error;
  console.error(`Warning: what needs ${type.plural} is not analyzed: ${error.message}`);
  return undefined;
}

function concerns({ type }: Kind, { metadata }: KubeObject, revision: string): boolean {
  if (type.group.endsWith(".istio.io")) return (metadata.labels?.["istio.io/rev"] ?? revision) === revision;
  return !NEVER_INJECTED.has(metadata.namespace ?? metadata.name);
}

export async function requireNamespace({ store }: Cluster, name: string): Promise<void> {
  try {
    await store.get(namespaceKind.type, { name });
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== "NotFound") throw error;
    throw new LateenError("LTN5064", `there is no namespace ${name}`, "Name another, or all with --all-namespaces.");
  }
}

/** The work, unless it takes longer than a text such as `30s` says. */
export async function within<T>(duration: string, work: () => Promise<T>): Promise<T> {
  const limit = durationMs(duration);
  if (limit === undefined)
    throw new LateenError("LTN5065", `"${duration}" is no duration`, "Write it as in 30s or 2m.");
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `the cluster did not answer within ${duration}`;
    late.reject(new LateenError("LTN5066", message, "See whether it is well, or wait longer with --timeout."));
  }, limit);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
