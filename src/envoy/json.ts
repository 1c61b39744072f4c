import {
  createRegistry,
  type DescFile,
  type DescMessage,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { file_lateen_envoy } from "#proto/lateen/envoy_pb.js";

/** Every type of ours that may stand in an Any. */
const registry = createRegistry(...withImports(file_lateen_envoy));

/** A message as proto-JSON, with its extensions spelled out: for tests and for people. */
export function json<D extends DescMessage>(schema: D, message: MessageShape<D>): JsonValue {
  return toJson(schema, message, { registry });
}

function withImports(file: DescFile): Set<DescFile> {
  const seen = new Set<DescFile>();
  const visit = (next: DescFile): void => {
    if (seen.has(next)) return;
    seen.add(next);
    next.dependencies.forEach(visit);
  };
  visit(file);
  return seen;
}
