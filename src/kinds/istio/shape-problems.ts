import type { TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import type { Problem } from "../kind.ts";

/** Where an object does not have the shape of its schema. */
export function shapeProblems(schema: TSchema, object: unknown): Problem[] {
  // What is wrong costs much more to find than whether anything is.
  if (Check(schema, object)) return [];
  return Errors(schema, object).map(({ instancePath, message }) => ({
    code: "LTN2000",
    field: fieldOf(instancePath),
    message,
  }));
}

/** `spec.http[0]` for `/spec/http/0`. */
function fieldOf(pointer: string): string {
  return pointer
    .replace(/\/(\d+)(?=\/|$)/g, "[$1]")
    .replace(/^\//, "")
    .replaceAll("/", ".")
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
}
