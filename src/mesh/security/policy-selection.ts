/**
 * Which policies of a kind are for a workload: those of its namespace and of the root namespace (there for the whole
 * mesh) that select it by its labels, or name it as a Gateway. Asked by workload, so that a policy concerns nobody else.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import type { ObjectMeta } from "../../store/object.ts";
import { byAge, createdAt } from "../age.ts";
import type { GatewayWorkload } from "../gateway-workloads.ts";
import { labelTexts, selects } from "../labels.ts";
import type { Labels, MeshSettings, ObjectRef } from "../model.ts";

/** What the row of a policy has at its head, whatever its kind. */
export interface PolicyHead {
  origin: ObjectRef;
  createdAt: number;
  target: PolicyTarget;
}

/** An empty selector is for every workload. `Gateways`: of the policy's own namespace. */
export type PolicyTarget = { type: "Workloads"; selector: Labels } | { type: "Gateways"; names: readonly string[] };

interface PolicyObject {
  metadata: ObjectMeta;
  spec?: {
    selector?: { matchLabels?: Labels };
    targetRef?: TargetRef;
    targetRefs?: readonly TargetRef[];
  };
}

interface TargetRef {
  group?: string;
  kind: string;
  name: string;
}

/** `kind`: as in ObjectRef, `security.istio.io/AuthorizationPolicy`. */
export function policyHead(kind: string, { metadata, spec = {} }: PolicyObject): PolicyHead {
  const { name, namespace = "" } = metadata;
  const refs = spec.targetRefs?.length ? spec.targetRefs : spec.targetRef ? [spec.targetRef] : [];
  return {
    origin: { kind, namespace, name },
    createdAt: createdAt(metadata),
    target:
      refs.length > 0
        ? { type: "Gateways", names: refs.filter(isGateway).map((ref) => ref.name) }
        : { type: "Workloads", selector: spec.selector?.matchLabels ?? {} },
  };
}

/** Services, ServiceEntries and GatewayClasses are targets of waypoints: without one, nothing is selected. */
function isGateway({ group, kind }: TargetRef): boolean {
  return group === "gateway.networking.k8s.io" && kind === "Gateway";
}

export interface PolicySelection<P extends PolicyHead> {
  /** Bucket `namespace/key=value` of the selector's first label, `namespace/` without one, `namespace/Gateway/name`. */
  byTarget: Index<P>;
  settings: Collection<MeshSettings>;
}

export function wirePolicySelection<P extends PolicyHead>(
  graph: Graph,
  policies: Collection<P>,
  settings: Collection<MeshSettings>,
): PolicySelection<P> {
  const byTarget = graph.index(policies, "target", ({ origin: { namespace }, target }) =>
    target.type === "Gateways"
      ? target.names.map((name) => `${namespace}/Gateway/${name}`)
      : [`${namespace}/${labelTexts(target.selector)[0] ?? ""}`],
  );
  return { byTarget, settings };
}

/** A pod (with one set of labels), or all pods of a gateway: what selects one of them is for all of them. */
export type PolicySubject = Pick<GatewayWorkload, "namespace" | "labelSets">;

/** The policies for a workload: those of the root namespace first, then its own namespace's; older before younger. */
export function selectedPolicies<P extends PolicyHead>(
  { byTarget, settings }: PolicySelection<P>,
  read: Reader,
  subject: PolicySubject,
): P[] {
  const rootNamespace = read.get(settings, "")?.rootNamespace ?? "";
  return [...new Set([rootNamespace, subject.namespace])].flatMap((namespace) => {
    const buckets = new Set(subject.labelSets.flatMap((labels) => bucketsFor(labels, namespace === subject.namespace)));
    const found = [...buckets].flatMap((bucket) => [...read.bucket(byTarget, `${namespace}/${bucket}`).values()]);
    return [...new Set(found)].filter(({ target }) => isFor(target, subject)).sort(byAge);
  });
}

const GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

function bucketsFor(labels: Labels, own: boolean): string[] {
  const gateway = own ? labels[GATEWAY_NAME] : undefined;
  return ["", ...labelTexts(labels), ...(gateway === undefined ? [] : [`Gateway/${gateway}`])];
}

function isFor(target: PolicyTarget, { labelSets }: PolicySubject): boolean {
  return target.type === "Gateways" || labelSets.some((labels) => selects(target.selector, labels));
}
