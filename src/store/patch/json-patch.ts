import fastJsonPatch, { type Operation } from "fast-json-patch";
import { StoreError } from "../error.ts";
import { isFields } from "./json.ts";

/** JSON patch, RFC 6902. `document` is not changed. */
export function jsonPatch(document: object, operations: readonly unknown[]): unknown {
  if (!operations.every(isOperation)) {
    throw new StoreError("BadRequest", "invalid JSON patch: it must be a list of {op, path, …}");
  }
  try {
    return fastJsonPatch.applyPatch(structuredClone(document), operations, true, true).newDocument;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
    throw new StoreError("Invalid", `the JSON patch cannot be applied: ${reason}`);
  }
}

function isOperation(value: unknown): value is Operation {
  return isFields(value) && typeof value.op === "string" && typeof value.path === "string";
}
