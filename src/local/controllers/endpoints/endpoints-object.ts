/** The older form, one object per Service: for whoever still reads it, `kubectl get endpoints` among them. Pure. */
import type { Endpoints } from "../../../kinds/core/endpoints.ts";
import type { Service } from "../../../kinds/core/service.ts";
import type { EndpointGroup, SliceEndpoint } from "./service-endpoints.ts";
import { labelsFrom } from "./slices.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];

const MANAGED_BY_LABEL = "endpoints.kubernetes.io/managed-by";
const ENDPOINTS_CONTROLLER = "endpoint-controller";

export function endpointsOf(
  service: Service,
  groups: ReadonlyMap<string, EndpointGroup>,
  existing: Endpoints | undefined,
): Endpoints {
  const { name, namespace } = service.metadata;
  const metadata = existing?.metadata ?? { name, ...(namespace !== undefined && { namespace }) };
  const subsets = [...groups.values()]
    .map((group) => subsetOf(service, group))
    .filter((subset) => subset !== undefined);
  const { subsets: _, ...rest } = existing ?? { subsets };
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    ...rest,
    metadata: { ...metadata, labels: { ...labelsFrom(service), [MANAGED_BY_LABEL]: ENDPOINTS_CONTROLLER } },
    ...(subsets.length > 0 && { subsets }),
  };
}

/** Whether the controller made it, and so may change it. */
export function isManaged({ metadata }: Endpoints): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === ENDPOINTS_CONTROLLER;
}

function subsetOf(service: Service, { ports, endpoints }: EndpointGroup): Subset | undefined {
  const unready = service.spec.publishNotReadyAddresses === true;
  const present = endpoints.filter(({ conditions }) => unready || conditions?.terminating !== true);
  const addresses = present.filter(({ conditions }) => conditions?.ready === true).map(addressOf);
  const notReadyAddresses = present.filter(({ conditions }) => conditions?.ready !== true).map(addressOf);
  if (present.length === 0) return undefined;
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ports: ports.flatMap(({ port, ...rest }) => (port === undefined ? [] : [{ ...rest, port }])),
  };
}

function addressOf({ addresses: [ip = ""], hostname, nodeName, targetRef }: SliceEndpoint): Address {
  return { ip, ...(hostname && { hostname }), ...(nodeName && { nodeName }), ...(targetRef && { targetRef }) };
}
