/** What was counted of rate limits: by the service, and by proxies themselves. */
import { Graph } from "../engine/graph.ts";
import { plainReader } from "../engine/plain-reader.ts";
import { LOCAL_LIMIT_STATS, refusedByRule } from "../envoy/rate-limits/stats.ts";
import { configMapKind } from "../kinds/core/config-map.ts";
import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import type { RateLimit } from "../kinds/lateen/rate-limit-schema.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { LIMITER } from "../mesh/security/rate-limit-model.ts";
import { rateLimitRules, wireRateLimits } from "../mesh/security/rate-limits.ts";
import { SYSTEM_NAMESPACE, wireSettings } from "../mesh/settings.ts";
import { wireWorkloads } from "../mesh/workloads.ts";
import { ACCOUNT_PAGE, ACCOUNT_PORT, together } from "../rate-limiter/account.ts";
import type { TallyRow } from "../rate-limiter/tally.ts";
import { type KubeObject, keyOf } from "../store/object.ts";
import type { Cluster } from "./cluster.ts";
import { at } from "./json.ts";
import { getFromPod, type PodName } from "./port-forward.ts";
import { adminGet } from "./proxy-admin.ts";

/** By rule. */
export type Counted = ReadonlyMap<string, TallyRow>;

/** What all replicas of the service say. */
export async function countedGlobally({ store, connection }: Cluster): Promise<Counted> {
  const labelSelector = `app=${LIMITER.service}`;
  const { items } = await store.list<KubeObject>(podKind.type, { namespace: SYSTEM_NAMESPACE, labelSelector });
  const accounts = await eachOf(items.filter(runs).map(nameOf), async (pod) => {
    const { body } = await getFromPod(connection, pod, ACCOUNT_PORT, ACCOUNT_PAGE);
    const rows: TallyRow[] = JSON.parse(body);
    return rows;
  });
  return together(accounts);
}

/** What the proxies say to which a Local rule applies. */
export async function refusedLocally(cluster: Cluster, policies: readonly RateLimit[]): Promise<Map<string, number>> {
  if (!policies.some(({ spec }) => spec.rules.some(({ scope }) => scope !== "Global"))) return new Map();
  const stats = await eachOf(await limitedPods(cluster, policies), (pod) =>
    adminGet(cluster.connection, pod, LOCAL_LIMIT_STATS),
  );
  const sums = new Map<string, number>();
  for (const [rule, count] of stats.flatMap((text) => [...refusedByRule(text)])) {
    sums.set(rule, (sums.get(rule) ?? 0) + count);
  }
  return sums;
}

/** By the model of the control plane itself. */
async function limitedPods({ store }: Cluster, policies: readonly RateLimit[]): Promise<PodName[]> {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const settings = wireSettings(graph, inputs);
  const workloads = wireWorkloads(graph, inputs);
  const rateLimits = wireRateLimits(graph, inputs, settings);
  const { items: pods } = await store.list<KubeObject>(podKind.type);
  const { items: services } = await store.list<KubeObject>(serviceKind.type);
  const mesh = await store
    .get<KubeObject>(configMapKind.type, { namespace: SYSTEM_NAMESPACE, name: "istio" })
    .catch(() => undefined);
  graph.batch(() => {
    for (const policy of policies) inputs.rateLimits.set(keyOf(policy), policy);
    for (const pod of pods.filter(runs)) inputs.pods.set(keyOf(pod), pod);
    for (const service of services) inputs.services.set(keyOf(service), service);
    if (mesh) inputs.configMaps.set(keyOf(mesh), mesh);
  });
  return [...workloads.rows.entries()].flatMap(([, { proxy, namespace, name, labels }]) => {
    const rules = rateLimitRules(rateLimits, plainReader, { namespace, labelSets: [labels] });
    return proxy !== "None" && rules.some(({ scope }) => scope === "Local") ? [{ namespace, name }] : [];
  });
}

const AT_ONCE = 8;

/** Of those who answer; who does not is named on standard error. */
async function eachOf<T>(pods: readonly PodName[], ask: (pod: PodName) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let i = 0; i < pods.length; i += AT_ONCE) {
    const batch = pods.slice(i, i + AT_ONCE);
    for (const reply of await Promise.allSettled(batch.map(ask))) {
      if (reply.status === "fulfilled") answers.push(reply.value);
      else console.error(`Warning: ${reply.reason instanceof Error ? reply.reason.message : reply.reason}`);
    }
  }
  return answers;
}

function runs(pod: KubeObject): boolean {
  return at(pod, "status", "phase") === "Running" && pod.metadata.deletionTimestamp === undefined;
}

function nameOf({ metadata: { namespace = "", name } }: KubeObject): PodName {
  return { namespace, name };
}
