import { create, type JsonObject } from "@bufbuild/protobuf";
import { type Metadata, MetadataSchema } from "#envoy/config/core/v3/base_pb.js";
import type { ObjectRef } from "../mesh/model.ts";
import { configPath } from "./names.ts";

/** Metadata under the key `istio`, where Istio's tools and telemetry look for it. */
export function istioMetadata(fields: JsonObject): Metadata {
  return create(MetadataSchema, { filterMetadata: { istio: fields } });
}

/** Names the object that a route or cluster came from. */
export function originMetadata(origin: ObjectRef): Metadata {
  return istioMetadata({ config: configPath(origin) });
}
