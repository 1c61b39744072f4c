import { create } from "@bufbuild/protobuf";
import { type Locality, LocalitySchema } from "#envoy/config/core/v3/base_pb.js";

/** From `region/zone/subzone`, of which the later parts may be missing. */
export function locality(name: string): Locality {
  const [region = "", zone = "", subZone = ""] = name.split("/");
  return create(LocalitySchema, { region, zone, subZone });
}
