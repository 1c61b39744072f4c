/** Endpoints that somebody wrote for a Service without selector, as EndpointSlices: the form that is read. */
import type { Endpoints } from "../../../kinds/core/endpoints.ts";
import { keyOf } from "../../../store/object.ts";
import type { World } from "../world.ts";
import { isManaged } from "./endpoints-object.ts";
import { type EndpointGroup, portsKey, type SliceEndpoint } from "./service-endpoints.ts";
import { MANAGED_BY_LABEL, SERVICE_LABEL } from "./slices.ts";
import { writeSlices } from "./write-slices.ts";

const MIRRORING = "endpointslicemirroring-controller.k8s.io";
const SKIP_LABEL = "endpointslice.kubernetes.io/skip-mirror";

export function mirrorEndpoints(world: World): void {
  const queue = world.queue("endpointslicemirroring-controller", async (key) => {
    const endpoints = world.endpoints.get(key);
    const service = world.services.get(key);
    // Slices go with their Endpoints, by their owner.
    if (!endpoints || !service || isManaged(endpoints) || endpoints.metadata.labels?.[SKIP_LABEL] === "true") return;
    if (Object.keys(service.spec.selector ?? {}).length > 0) return;
    const { name, labels = {} } = endpoints.metadata;
    await writeSlices(world, { service: name, object: endpoints, labels, managedBy: MIRRORING }, groupsOf(endpoints));
  });
  world.endpoints.onChange(({ after }) => after && queue.add(keyOf(after)));
  world.services.onChange(({ after }) => after && queue.add(keyOf(after)));
  world.endpointSlices.onChange(({ before, after }) => {
    const { namespace, labels } = (after ?? before)?.metadata ?? {};
    const name = labels?.[SERVICE_LABEL];
    if (name !== undefined && labels?.[MANAGED_BY_LABEL] === MIRRORING) queue.add(`${namespace}/${name}`);
  });
}

function groupsOf({ subsets }: Endpoints): Map<string, EndpointGroup> {
  const groups = new Map<string, EndpointGroup>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets ?? []) {
    const slicePorts = ports.map((port) => ({ ...port, name: port.name ?? "" }));
    const group = groups.get(portsKey(slicePorts)) ?? { ports: slicePorts, endpoints: [] };
    groups.set(portsKey(slicePorts), group);
    const as = (ready: boolean) => (address: (typeof addresses)[number]) => endpointOf(address, ready);
    group.endpoints.push(...addresses.map(as(true)), ...notReadyAddresses.map(as(false)));
  }
  return groups;
}

type Address = NonNullable<NonNullable<Endpoints["subsets"]>[number]["addresses"]>[number];

function endpointOf({ ip, ...rest }: Address, ready: boolean): SliceEndpoint {
  return { addresses: [ip], conditions: { ready }, ...rest };
}
