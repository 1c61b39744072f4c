import type { Destination } from "../kinds/istio/common.ts";
import type { VirtualServiceSpec } from "../kinds/istio/virtual-service-schema.ts";

/** A destination of a VirtualService, and where it stands: `spec.http[0].route[1].destination`. */
export interface PlacedDestination {
  field: string;
  destination: Destination;
}

/** All that a VirtualService sends requests and connections to, copies of requests too. */
export function destinationsOf({ http = [], tls = [], tcp = [] }: VirtualServiceSpec): PlacedDestination[] {
  const of = (field: string, list: readonly { destination: Destination }[] = []): PlacedDestination[] =>
    list.map(({ destination }, i) => ({ field: `${field}[${i}].destination`, destination }));
  return [
    ...http.flatMap(({ route, mirror, mirrors }, i) => [
      ...of(`spec.http[${i}].route`, route),
      ...(mirror ? [{ field: `spec.http[${i}].mirror`, destination: mirror }] : []),
      ...of(`spec.http[${i}].mirrors`, mirrors),
    ]),
    ...tls.flatMap(({ route }, i) => of(`spec.tls[${i}].route`, route)),
    ...tcp.flatMap(({ route }, i) => of(`spec.tcp[${i}].route`, route)),
  ];
}
