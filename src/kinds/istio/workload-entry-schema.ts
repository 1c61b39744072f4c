/** The shape of a WorkloadEntry, which a ServiceEntry's endpoints and a WorkloadGroup's template have too. */
import { Type } from "typebox";
import { type IstioObject, shape, text, textMap, uint32 } from "./common.ts";

export const WorkloadEntrySpec = shape(
  "WorkloadEntrySpec",
  {},
  {
    address: Type.String({ maxLength: 256 }),
    ports: Type.Record(Type.String(), uint32),
    labels: textMap,
    network: text,
    locality: text,
    weight: uint32,
    serviceAccount: text,
  },
);
export type WorkloadEntrySpec = Type.Static<typeof WorkloadEntrySpec>;
export type WorkloadEntry = IstioObject<WorkloadEntrySpec>;
