/** Media types of bodies, and the refusal of others. */
import type { IncomingMessage } from "node:http";
import { StoreError } from "../../store/error.ts";

/** Without parameters. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim() ?? "";
}

export function unsupportedMediaType(types: readonly string[] = ["application/json", "application/yaml"]): StoreError {
  return new StoreError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`,
  );
}
