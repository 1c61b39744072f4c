/** The shape of a ServiceEntry. */
import { Type } from "typebox";
import { given, oneOfFields, ruled } from "./cel.ts";
import { type IstioObject, LabelsSelector, NumberedPort, oneOf, shape, text, texts } from "./common.ts";
import { addressed, WorkloadEntrySpec } from "./workload-entry-schema.ts";

const host = ruled(text, { "self != '*'": "must not be a wildcard alone" });

export const ServiceEntrySpec = ruled(
  shape(
    "ServiceEntrySpec",
    { hosts: Type.Array(host, { minItems: 1, maxItems: 256 }) },
    {
      addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 }),
      ports: ruled(Type.Array(NumberedPort, { maxItems: 256 }), {
        "self.all(a, self.exists_one(b, a.number == b.number))": "a port can be there only once",
      }),
      location: oneOf("MESH_EXTERNAL", "MESH_INTERNAL"),
      resolution: oneOf("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"),
      endpoints: Type.Array(addressed(WorkloadEntrySpec), { maxItems: 4096 }),
      workloadSelector: LabelsSelector,
      exportTo: texts,
      subjectAltNames: texts,
    },
  ),
  {
    ...oneOfFields("workloadSelector", "endpoints"),
    [`!${given("addresses", "[]")}.exists(one, one.contains('/')) || ${given("resolution", "'NONE'")} in ['STATIC', 'NONE']`]:
      "addresses can be ranges only where resolution is NONE or STATIC",
    [`${given("resolution", "'NONE'")} != 'NONE' || !has(self.endpoints)`]: "without resolution there are no endpoints",
    [`${given("resolution", "''")} != 'DNS_ROUND_ROBIN' || ${given("endpoints", "[]")}.size() <= 1`]:
      "with DNS_ROUND_ROBIN there is one endpoint",
  },
);
export type ServiceEntrySpec = Type.Static<typeof ServiceEntrySpec>;
export type ServiceEntry = IstioObject<ServiceEntrySpec>;
