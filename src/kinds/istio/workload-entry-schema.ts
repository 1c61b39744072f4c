/** The shape of a WorkloadEntry, which a ServiceEntry's endpoints and a WorkloadGroup's template have too. */
import { Type } from "typebox";
import { given, ruled } from "./cel.ts";
import { type IstioObject, portNumber, shape, text, textMap, uint32 } from "./common.ts";

const address = ruled(Type.String({ maxLength: 256 }), {
  "!self.startsWith('unix://') || self.substring(7, 8) in ['/', '@']":
    "a Unix socket has an absolute path, or an abstract name",
  "!self.startsWith('unix://') || !self.endsWith('/')": "a Unix socket is no folder",
});
const ports = ruled(Type.Record(Type.String(), portNumber, { maxProperties: 128 }), {
  "self.all(name, size(name) < 63 && name.matches('^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$'))":
    "must have names of letters, digits and dashes",
});
const noPorts = {
  [`!${given("address", "''")}.startsWith('unix://') || !has(self.ports)`]: "a Unix socket has no ports",
};

const spec = shape(
  "WorkloadEntrySpec",
  {},
  {
    address,
    ports,
    labels: textMap,
    network: text,
    locality: text,
    weight: uint32,
    serviceAccount: text,
  },
);
export const WorkloadEntrySpec = ruled(spec, noPorts);

/** Of a workload, and not of what many have in common. */
export function addressed<T extends object>(entry: T): T {
  return ruled(entry, { ...noPorts, "has(self.address) || has(self.network)": "say address, or network" });
}

export type WorkloadEntrySpec = Type.Static<typeof WorkloadEntrySpec>;
export type WorkloadEntry = IstioObject<WorkloadEntrySpec>;
