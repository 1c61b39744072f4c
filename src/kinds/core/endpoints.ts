import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { list, ObjectReference, oneOf, port, shape, text } from "./shape.ts";

const EndpointAddress = shape(
  "EndpointAddress",
  { ip: text },
  { hostname: text, nodeName: text, targetRef: ObjectReference },
);

const EndpointPort = shape(
  "EndpointPort",
  { port },
  { name: text, protocol: oneOf("TCP", "UDP", "SCTP"), appProtocol: text },
);

const EndpointSubset = shape(
  "EndpointSubset",
  {},
  { addresses: list(EndpointAddress), notReadyAddresses: list(EndpointAddress), ports: list(EndpointPort) },
);

const schema = Type.Object({ subsets: Type.Optional(list(EndpointSubset)) });

export type Endpoints = KubeObject & Type.Static<typeof schema>;

export const endpointsKind: Kind<Endpoints> = {
  type: { group: "", version: "v1", plural: "endpoints", kind: "Endpoints", namespaced: true },
  singular: "endpoints",
  shortNames: ["ep"],
  description: "Endpoints is the older form of the addresses behind a Service.",
  schema,
  validate: ({ subsets = [] }) =>
    subsets.flatMap(({ ports = [] }, i) =>
      ports.flatMap((port, j) =>
        port.name || ports.length === 1
          ? []
          : [
              {
                code: "LTN1103",
                field: `subsets[${i}].ports[${j}].name`,
                message: "with several ports each needs a name",
              },
            ],
      ),
    ),
  defaults: (endpoints) => ({
    ...endpoints,
    ...(endpoints.subsets && {
      subsets: endpoints.subsets.map((subset) => ({
        ...subset,
        ...(subset.ports && { ports: subset.ports.map((port) => ({ ...port, protocol: port.protocol ?? "TCP" })) }),
      })),
    }),
  }),
};
