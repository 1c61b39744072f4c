/** What applies to one pod: whether it is in the mesh, the Services that lead to it, and all that goes for them. */
import { namespaceKind } from "../../kinds/core/namespace.ts";
import type { Pod } from "../../kinds/core/pod.ts";
import { type Service, serviceKind } from "../../kinds/core/service.ts";
import { decideInjection } from "../../kubernetes/inject/decide.ts";
import { selects } from "../../mesh/labels.ts";
import { workloadOf } from "../../mesh/workloads.ts";
import { injectorFor, injectorsOf, revisionOf } from "../injectors.ts";
import type { World } from "../world.ts";
import { type Fact, fact, shortName } from "./fact.ts";
import { describePeers } from "./peers.ts";
import { describeService } from "./service.ts";

/** `sync`: what the control plane says of its proxy, in words; undefined where it knows none. */
export function describePod(world: World, pod: Pod, sync: string | undefined): Fact[] {
  const { metadata } = pod;
  const services = servicesOf(world, pod);
  const meshed = workloadOf(pod).proxy !== "None";
  const head = fact(`Pod: ${shortName(metadata)}`, [
    ...(meshed
      ? [`Pod Revision: ${metadata.labels?.["istio.io/rev"] ?? metadata.annotations?.["istio.io/rev"] ?? "default"}`]
      : [`WARNING: not part of the mesh: no proxy, since ${whyNot(world, pod)}`]),
    portsText(pod),
    ...(meshed ? [`Proxy: ${sync ?? "WARNING: not connected to a control plane"}`] : []),
    ...notReady(pod),
    ...missingLabels(pod),
  ]);
  const peers = describePeers(world, pod);
  if (services.length === 0) return [head, fact("WARNING: no Service leads to this pod"), ...peers];
  return [head, ...services.flatMap((service) => describeService(world, service, pod)), ...peers];
}

function servicesOf({ objects }: World, { metadata: { namespace, labels = {} } }: Pod): Service[] {
  return objects(serviceKind).filter(({ metadata, spec }) => {
    const selector = spec.selector ?? {};
    return metadata.namespace === namespace && Object.keys(selector).length > 0 && selects(selector, labels);
  });
}

function whyNot(world: World, pod: Pod): string {
  const namespace = world.find(namespaceKind, pod.metadata.namespace ?? "");
  if (!namespace) return "its namespace is not known";
  const settings = injectorFor(injectorsOf(world), revisionOf(namespace, pod.metadata.labels));
  const { name, labels = {} } = namespace.metadata;
  const { inject, reason } = decideInjection({ pod, namespace: name, namespaceLabels: labels }, settings);
  return inject ? `it is older than this: ${reason}` : reason;
}

function portsText({ spec }: Pod): string {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const ports = containers.flatMap(({ name, ports: own = [] }) =>
    own.map(({ containerPort }) => `${containerPort} (${name})`),
  );
  return ports.length === 0 ? "Pod does not expose ports" : `Pod Ports: ${ports.join(", ")}`;
}

function notReady({ status }: Pod): string[] {
  const waiting = (status?.containerStatuses ?? []).filter(({ ready }) => !ready);
  return waiting.map(({ name }) => `WARNING: container ${name} is not ready`);
}

/** Metrics and dashboards tell workloads apart by these. */
function missingLabels({ metadata: { labels = {} } }: Pod): string[] {
  const names = [
    { wanted: "app", others: ["service.istio.io/canonical-name", "app.kubernetes.io/name"] },
    { wanted: "version", others: ["service.istio.io/canonical-revision", "app.kubernetes.io/version"] },
  ];
  return names
    .filter(({ wanted, others }) => [wanted, ...others].every((label) => labels[label] === undefined))
    .map(({ wanted }) => `Suggestion: give it the label ${wanted}, by which metrics are grouped`);
}
