/** What applies to requests for a service: its ports, the rules for them, and the gateways by which they come. */
import type { Pod } from "../../kinds/core/pod.ts";
import type { Service } from "../../kinds/core/service.ts";
import { serviceHost } from "../../mesh/hosts.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import { portProtocol } from "../../mesh/protocol.ts";
import { workloadOf } from "../../mesh/workloads.ts";
import type { World } from "../world.ts";
import { describeDestinationRules } from "./destination-rules.ts";
import { type Fact, fact, shortName } from "./fact.ts";
import { describeIngress } from "./ingress.ts";
import { describeVirtualServices } from "./virtual-services.ts";

/** `pod`: only of the one pod; else of all that the service selects. */
export function describeService(world: World, service: Service, pod?: Pod): Fact[] {
  const { metadata, spec } = service;
  const { name, namespace = "" } = metadata;
  const { clusterDomain } = settingsOf(world.mesh, world.read);
  const host = serviceHost(name, namespace, clusterDomain);
  const pods = pod ? [pod] : podsOf(world, service);
  const ports = (spec.ports ?? []).map(
    ({ name: port = "", port: number, protocol, appProtocol, targetPort = number }) => {
      const understood = portProtocol({ number, name: port, transport: protocol, appProtocol });
      return `Port: ${port} ${number}/${understood} targets pod port ${targetPort}`;
    },
  );
  const target = { host, namespace, labels: pods.map(({ metadata: { labels = {} } }) => labels) };
  return [
    fact(`Service: ${shortName(metadata)}`, [...ports, ...(pod ? [] : podFacts(pods))]),
    ...describeDestinationRules(world, target),
    ...describeVirtualServices(world, target),
    ...describeIngress(world, host, service),
  ];
}

function podsOf({ workloads }: World, { metadata, spec }: Service): Pod[] {
  const selector = spec.selector ?? {};
  if (Object.keys(selector).length === 0) return [];
  return workloads.selected(selector, metadata.namespace).flatMap(({ object }) => (isPod(object) ? [object] : []));
}

function isPod(object: { kind: string }): object is Pod {
  return object.kind === "Pod";
}

function podFacts(pods: readonly Pod[]): string[] {
  if (pods.length === 0) return ["WARNING: the service has no pods"];
  const without = pods.filter((pod) => workloadOf(pod).proxy === "None").map(({ metadata }) => metadata.name);
  const all = `Pods: ${pods.map(({ metadata }) => metadata.name).join(", ")}`;
  return without.length === 0 ? [all] : [all, `WARNING: not part of the mesh, without a proxy: ${without.join(", ")}`];
}
