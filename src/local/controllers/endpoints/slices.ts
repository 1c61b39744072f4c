/** From the endpoints that a Service should have to the fewest writes of its EndpointSlices: pure. */
import { equal } from "../../../engine/equal.ts";
import type { EndpointSlice } from "../../../kinds/core/endpoint-slice.ts";
import type { Service } from "../../../kinds/core/service.ts";
import type { KubeObject } from "../../../store/object.ts";
import { controllerReference } from "../owners.ts";
import { type EndpointGroup, portsKey, type SliceEndpoint, type SlicePort } from "./service-endpoints.ts";

export const SERVICE_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
const HEADLESS_LABEL = "service.kubernetes.io/headless";

/** Endpoints in one slice at most: a change of one resends that many. */
const SLICE_SIZE = 100;

export interface SliceWrites {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

/** Whose slices they are. */
export interface SliceOwner {
  service: string;
  /** A Service, or the Endpoints that are mirrored. */
  object: KubeObject;
  labels: Record<string, string>;
  managedBy: string;
}

/**
 * A slice keeps the endpoints that it has, as long as they are wanted: what did not change is not written. A slice that
 * is left over is used again before a new one is made.
 */
export function sliceWrites(
  owner: SliceOwner,
  groups: ReadonlyMap<string, EndpointGroup>,
  existing: readonly EndpointSlice[],
): SliceWrites {
  const writes: SliceWrites = { create: [], update: [], delete: [] };
  const free = [...existing];
  const open: EndpointGroup[] = [];
  for (const [key, { ports, endpoints }] of groups.size > 0 ? groups : EMPTY) {
    const left = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
    const own = takeWhere(free, (slice) => portsKey(slice.ports ?? []) === key);
    const kept = own.map((slice) => ({ slice, content: keep(slice, left) }));
    const rest = [...left.values()];
    for (const { content } of kept) content.push(...rest.splice(0, SLICE_SIZE - content.length));
    kept.forEach(({ slice, content }, i) => {
      // The last one stays though it is empty: it says that there are none.
      if (content.length > 0 || (i === 0 && endpoints.length === 0)) write(writes, owner, slice, content, ports);
      else free.push(slice);
    });
    if (rest.length > 0 || own.length === 0) open.push({ ports, endpoints: rest });
  }
  for (const { ports, endpoints } of open) {
    for (let i = 0; i === 0 || i < endpoints.length; i += SLICE_SIZE) {
      write(writes, owner, free.shift(), endpoints.slice(i, i + SLICE_SIZE), ports);
    }
  }
  writes.delete.push(...free);
  return writes;
}

const EMPTY: ReadonlyMap<string, EndpointGroup> = new Map([["", { ports: [], endpoints: [] }]]);

function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

/** Labels that slices and Endpoints take over from their Service. */
export function labelsFrom(service: Service): Record<string, string> {
  return { ...service.metadata.labels, ...(isHeadless(service) && { [HEADLESS_LABEL]: "" }) };
}

/** Takes from `left` what the slice has of it, in the slice's order, as it is now. */
function keep(slice: EndpointSlice, left: Map<string, SliceEndpoint>): SliceEndpoint[] {
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const now = left.get(identity(endpoint));
    left.delete(identity(endpoint));
    return now ? [now] : [];
  });
}

function identity({ targetRef, addresses }: SliceEndpoint): string {
  return `${targetRef?.uid ?? targetRef?.name ?? ""} ${addresses.join(",")}`;
}

function write(
  writes: SliceWrites,
  owner: SliceOwner,
  slice: EndpointSlice | undefined,
  endpoints: SliceEndpoint[],
  ports: SlicePort[],
): void {
  const next = sliceOf(owner, slice, endpoints, ports);
  if (!slice) writes.create.push(next);
  else if (!equal(next, slice)) writes.update.push(next);
}

function sliceOf(
  { service, object, labels: given, managedBy }: SliceOwner,
  slice: EndpointSlice | undefined,
  endpoints: SliceEndpoint[],
  ports: SlicePort[],
): EndpointSlice {
  const { namespace } = object.metadata;
  const labels = { ...given, [SERVICE_LABEL]: service, [MANAGED_BY_LABEL]: managedBy };
  const metadata = slice?.metadata ?? {
    name: "",
    generateName: `${service}-`,
    ...(namespace !== undefined && { namespace }),
    ownerReferences: [controllerReference(object)],
  };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    ...slice,
    metadata: { ...metadata, labels },
    addressType: slice?.addressType ?? "IPv4",
    endpoints,
    ports,
  };
}

function takeWhere<T>(items: T[], fits: (item: T) => boolean): T[] {
  const taken = items.filter(fits);
  items.splice(0, items.length, ...items.filter((item) => !taken.includes(item)));
  return taken;
}
