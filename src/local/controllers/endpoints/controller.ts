/** The addresses behind Services: EndpointSlices, and the older Endpoints. */
import { equal } from "../../../engine/equal.ts";
import type { Endpoints } from "../../../kinds/core/endpoints.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { Service } from "../../../kinds/core/service.ts";
import { keyOf } from "../../../store/object.ts";
import type { World } from "../world.ts";
import { endpointsOf, isManaged } from "./endpoints-object.ts";
import { endpointGroups, selects } from "./service-endpoints.ts";
import { labelsFrom, MANAGED_BY_LABEL, SERVICE_LABEL } from "./slices.ts";
import { writeSlices } from "./write-slices.ts";

const SLICES_CONTROLLER = "endpointslice-controller.k8s.io";
const ZONE_LABEL = "topology.kubernetes.io/zone";

export function runEndpoints(world: World): void {
  const queue = world.queue("endpointslice-controller", async (key) => {
    const service = world.services.get(key);
    // Its slices go with it, by their owner; Endpoints have no owner, in Kubernetes neither.
    if (!service) await removeEndpoints(world, key);
    else if (hasSelector(service)) await syncService(world, service);
  });
  world.services.onChange(({ before, after }) => {
    for (const service of [before, after]) if (service) queue.add(keyOf(service));
  });
  world.pods.onChange(({ before, after }) => {
    if (before && after && equal(concern(before), concern(after))) return;
    for (const service of world.services.inNamespace((after ?? before)?.metadata.namespace ?? "")) {
      if ([before, after].some((pod) => pod && selects(service, pod))) queue.add(keyOf(service));
    }
  });
  world.endpointSlices.onChange(({ before, after }) => {
    const { namespace, labels } = (after ?? before)?.metadata ?? {};
    const name = labels?.[SERVICE_LABEL];
    if (name !== undefined && labels?.[MANAGED_BY_LABEL] === SLICES_CONTROLLER) queue.add(`${namespace}/${name}`);
  });
  world.endpoints.onChange(({ before, after }) => {
    const endpoints = after ?? before;
    if (endpoints && isManaged(endpoints)) queue.add(keyOf(endpoints));
  });
}

/** What of a pod an endpoint shows. */
function concern({ metadata, spec, status }: Pod): unknown {
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const { labels, deletionTimestamp } = metadata;
  return [labels, deletionTimestamp, spec.nodeName, status?.podIP, status?.phase, ready];
}

function hasSelector({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && Object.keys(spec.selector ?? {}).length > 0;
}

async function syncService(world: World, service: Service): Promise<void> {
  if (service.metadata.deletionTimestamp !== undefined) return;
  const namespace = service.metadata.namespace ?? "";
  const pods = world.pods.inNamespace(namespace).filter((pod) => selects(service, pod));
  const groups = endpointGroups(service, pods, (node) => world.nodes.get(node)?.metadata.labels?.[ZONE_LABEL]);
  const { name } = service.metadata;
  const owner = { service: name, object: service, labels: labelsFrom(service), managedBy: SLICES_CONTROLLER };
  await writeSlices(world, owner, groups);
  await syncEndpoints(world, service, groups);
}

async function syncEndpoints(world: World, service: Service, groups: Parameters<typeof endpointsOf>[1]): Promise<void> {
  const existing = world.endpoints.get(keyOf(service));
  const next = endpointsOf(service, groups, existing);
  if (!existing) await world.endpoints.create(next);
  else if (!equal(existing, next)) await world.endpoints.update(next);
}

async function removeEndpoints(world: World, key: string): Promise<void> {
  const endpoints: Endpoints | undefined = world.endpoints.get(key);
  if (endpoints && isManaged(endpoints)) await world.endpoints.delete(endpoints);
}
