/** The shape of a ServiceEntry. */
import { Type } from "typebox";
import { type IstioObject, LabelsSelector, list, NumberedPort, oneOf, shape, text, texts } from "./common.ts";
import { WorkloadEntrySpec } from "./workload-entry-schema.ts";

export const ServiceEntrySpec = shape(
  "ServiceEntrySpec",
  { hosts: Type.Array(text, { minItems: 1, maxItems: 256 }) },
  {
    addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 }),
    ports: Type.Array(NumberedPort, { maxItems: 256 }),
    location: oneOf("MESH_EXTERNAL", "MESH_INTERNAL"),
    resolution: oneOf("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"),
    endpoints: list(WorkloadEntrySpec),
    workloadSelector: LabelsSelector,
    exportTo: texts,
    subjectAltNames: texts,
  },
);
export type ServiceEntrySpec = Type.Static<typeof ServiceEntrySpec>;
export type ServiceEntry = IstioObject<ServiceEntrySpec>;
