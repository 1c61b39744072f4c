import { type Fact, fact } from "../analysis/describe/fact.ts";
import { describePod } from "../analysis/describe/pod.ts";
import { describeService } from "../analysis/describe/service.ts";
import { createWorld } from "../analysis/world.ts";
import { LateenError } from "../errors.ts";
import { podKind } from "../kinds/core/pod.ts";
import { serviceKind } from "../kinds/core/service.ts";
import { clusterSources } from "./analysis-sources.ts";
import { policiesAt, policyText } from "./authz-check.ts";
import { type Cluster, type ClusterOption, namespaceOf, podName, withCluster } from "./cluster.ts";
import { askControlPlanes, proxiesOf } from "./control-planes.ts";

export interface DescribeOptions extends ClusterOption {
  namespace?: string;
  revision: string;
}

/** `lateen x describe`: what applies to a pod or a service. */
export async function describe(kind: "pod" | "service", named: string, options: DescribeOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const { name, namespace } = podName(named, namespaceOf(options, cluster.connection));
    const { sources, listed } = await clusterSources(cluster, options.revision);
    const world = createWorld(sources, listed);
    const key = `${namespace}/${name}`;
    const pod = kind === "pod" ? world.find(podKind, key) : undefined;
    const service = kind === "service" ? world.find(serviceKind, key) : undefined;
    if (!pod && !service) {
      const remedy = `lateen get ${kind === "pod" ? "pods" : "services"} -A shows all.`;
      throw new LateenError("LTN5068", `there is no ${kind} ${name} in namespace ${namespace}`, remedy);
    }
    const facts = pod
      ? [
          ...describePod(world, pod, await sync(cluster, namespace, name)),
          ...(await authorization(cluster, namespace, name)),
        ]
      : [];
    for (const line of lines(service ? describeService(world, service) : facts)) console.log(line);
  });
}

interface Proxy {
  proxy: { id: string; namespace: string; pod: string };
  connectedAt: number;
  known: boolean;
  synced: boolean;
  types: { rejections: unknown[] }[];
}

/** What the control plane says of a pod's proxy; undefined when it knows none. */
async function sync(cluster: Cluster, namespace: string, name: string): Promise<string | undefined> {
  const replies = await askControlPlanes<Proxy[]>(cluster, "/debug/syncz").catch((error: unknown) => {
    if (error instanceof LateenError) return error;
    throw error;
  });
  // All else is known without a control plane.
  if (replies instanceof LateenError) return `WARNING: not known: ${replies.message}`;
  const proxies = proxiesOf<Proxy>(replies);
  const found = proxies.find(({ proxy }) => proxy.namespace === namespace && proxy.pod === name);
  if (!found) return undefined;
  const rejections = found.types.flatMap(({ rejections: own }) => own).length;
  if (rejections > 0)
    return `WARNING: rejected ${rejections} resource(s): see lateen proxy-status ${name}.${namespace}`;
  return found.synced ? "in sync" : "getting its configuration";
}

/** Which policies say who may call the pod. */
async function authorization(cluster: Cluster, namespace: string, name: string): Promise<Fact[]> {
  const policies = await policiesAt(cluster, namespace, name).catch((error: unknown) => {
    // without a control plane nothing is known of them, which the proxy's own line says
    if (error instanceof LateenError) return [];
    throw error;
  });
  return policies.length === 0 ? [] : [fact("Authorization policies in force:", policies.map(policyText))];
}

const INDENT = "   ";

function lines(facts: readonly Fact[], depth = 0): string[] {
  return facts.flatMap(({ text, more = [] }) => [INDENT.repeat(depth) + text, ...lines(more, depth + 1)]);
}
