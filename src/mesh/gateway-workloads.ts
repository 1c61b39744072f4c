/** Workloads that are gateways, all replicas as one, and how they are reached. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import { equal } from "../engine/equal.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { MeshInputs } from "./inputs.ts";
import type { PodObject, ServiceObject } from "./kubernetes.ts";
import { labelTexts, selects } from "./labels.ts";
import type { Labels, Workload } from "./model.ts";
import { type Scope, type Selectors, scopeOf } from "./selectors.ts";
import type { Workloads } from "./workloads.ts";

/** Key `namespace/name` of what owns the pods, `istio-system/istio-ingressgateway`. */
export interface GatewayWorkload {
  namespace: string;
  name: string;
  /** Of its pods, each kind once: more than one while a change of labels rolls out. */
  labelSets: readonly Labels[];
  /** One of its pods, `namespace/name`: for named ports. */
  pod: string;
  scope: Scope;
}

export interface GatewayWorkloads {
  rows: Collection<GatewayWorkload>;
  /** Bucket `namespace/key=value` of the first label of the selector. */
  servicesBySelector: Index<ServiceObject>;
  pods: Collection<PodObject>;
}

export function wireGatewayWorkloads(
  graph: Graph,
  inputs: Pick<MeshInputs, "services" | "pods">,
  workloads: Workloads,
  selectors: Selectors,
): GatewayWorkloads {
  const rows = graph.derive<Workload, GatewayWorkload>(
    "gateway workloads",
    workloads.byWorkload,
    (_key, pods, read) => {
      const gateways = [...pods.values()].filter(({ proxy }) => proxy === "Gateway");
      const [first] = gateways;
      if (!first) return undefined;
      const labelSets: Labels[] = [];
      for (const { labels } of gateways) {
        const { "pod-template-hash": _hash, ...lasting } = labels;
        if (!labelSets.some((known) => equal(known, lasting))) labelSets.push(lasting);
      }
      return {
        namespace: first.namespace,
        name: first.workload,
        labelSets,
        pod: `${first.namespace}/${first.name}`,
        scope: scopeOf(selectors, read, first),
      };
    },
  );
  const servicesBySelector = graph.index(inputs.services, "first of the selector", ({ metadata, spec }) => {
    const [first] = labelTexts(spec?.selector ?? {});
    return first === undefined ? [] : [`${metadata.namespace ?? ""}/${first}`];
  });
  return { rows, servicesBySelector, pods: inputs.pods };
}

/** Where a gateway's pods listen for a port of theirs: as the Services say that lead there, else at the port itself. */
export function gatewayTargetPort(
  workloads: GatewayWorkloads,
  read: Reader,
  gateway: GatewayWorkload,
  port: number,
): number {
  for (const labels of gateway.labelSets) {
    for (const label of labelTexts(labels)) {
      for (const { spec } of read.bucket(workloads.servicesBySelector, `${gateway.namespace}/${label}`).values()) {
        const exposed = spec?.ports?.find((each) => each.port === port);
        if (!exposed || !selects(spec?.selector ?? {}, labels)) continue;
        const target = exposed.targetPort ?? port;
        if (typeof target === "number") return target || port;
        return namedPort(read.get(workloads.pods, gateway.pod), target) ?? port;
      }
    }
  }
  return port;
}

function namedPort(pod: PodObject | undefined, name: string): number | undefined {
  const containers = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
  return containers.flatMap(({ ports }) => ports ?? []).find((port) => port.name === name)?.containerPort;
}
