import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { immutable } from "./pod-validation.ts";
import { bool, list, ObjectReference, oneOf, shape, text, textMap, texts } from "./shape.ts";

const Endpoint = shape(
  "Endpoint",
  { addresses: texts },
  {
    conditions: shape("EndpointConditions", {}, { ready: bool, serving: bool, terminating: bool }),
    deprecatedTopology: textMap,
    hints: shape(
      "EndpointHints",
      {},
      { forZones: list(shape("ForZone", { name: text }, {})), forNodes: list(shape("ForNode", { name: text }, {})) },
    ),
    hostname: text,
    nodeName: text,
    targetRef: ObjectReference,
    zone: text,
  },
);

const EndpointPort = shape(
  "EndpointPort",
  {},
  {
    name: text,
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
    protocol: oneOf("TCP", "UDP", "SCTP"),
    appProtocol: text,
  },
);

const schema = Type.Object({
  addressType: oneOf("IPv4", "IPv6", "FQDN"),
  endpoints: Type.Optional(list(Endpoint)),
  ports: Type.Optional(list(EndpointPort)),
});

export type EndpointSlice = KubeObject & Type.Static<typeof schema>;

export const endpointSliceKind: Kind<EndpointSlice> = {
  type: {
    group: "discovery.k8s.io",
    version: "v1",
    plural: "endpointslices",
    kind: "EndpointSlice",
    namespaced: true,
  },
  singular: "endpointslice",
  description: "EndpointSlice is a part of the addresses behind a Service.",
  schema,
  defaults: (slice) => ({
    ...slice,
    endpoints: (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint, conditions: endpoint.conditions ?? {} })),
    ports: (slice.ports ?? []).map((port) => ({ ...port, name: port.name ?? "", protocol: port.protocol ?? "TCP" })),
  }),
  validateUpdate: (slice, old) => immutable("addressType", slice.addressType, old.addressType),
};
