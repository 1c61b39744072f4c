/** Checks: everything that an object must pass before it is stored, and the words in which it is refused. */
import { invalidValue, required } from "../causes.ts";
import type { Problem, StoredKind } from "../embedded/stored-kind.ts";
import { type StatusCause, StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import { invalid } from "../refusals.ts";
import type { WriteOptions } from "../store.ts";
import { metadataRules, metadataTypes, unknownMetadata } from "./metadata.ts";
import { valueAt } from "./paths.ts";
import { schemaCheck } from "./schema-check.ts";
import { unknownFields } from "./unknown-fields.ts";

/** Refuses metadata whose types are wrong. Comes first: everything else relies on them. */
export function checkMetadataTypes(kind: StoredKind, object: KubeObject): void {
  const causes = metadataTypes(object.metadata);
  if (causes.length === 0) return;
  const name: unknown = object.metadata?.name;
  throw invalid(kind.type, typeof name === "string" ? name : "", causes.map(inQuotes));
}

/** `version: 1` in YAML is a number; labels are texts. The most common slip of all gets its remedy. */
function inQuotes(cause: StatusCause): StatusCause {
  const slip = /^metadata\.(labels|annotations)./.test(cause.field);
  return slip ? { ...cause, message: `${cause.message}; put it in quotes` } : cause;
}

/**
 * Deals with fields that the schema does not know, as asked: refuses them, or takes them out of `object` (a copy of
 * what was sent).
 */
export function checkUnknownFields(kind: StoredKind, object: KubeObject, options: WriteOptions): void {
  const { apiVersion: _, kind: __, metadata, ...content } = object;
  const unknown = [...unknownMetadata(metadata), ...(kind.open ? [] : unknownFields(kind.schema, content))];
  if (unknown.length === 0) return;
  const texts = unknown.map(({ path, meant }) => {
    const hint = meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`;
    return `unknown field ${JSON.stringify(path)}${hint}`;
  });
  const policy = options.fieldValidation ?? "Strict";
  if (policy === "Strict") {
    const { type } = kind;
    const what = `${type.kind} in version ${JSON.stringify(type.version)}`;
    const message = `${what} cannot be handled as a ${type.kind}: strict decoding error: ${texts.join(", ")}`;
    throw new StoreError("BadRequest", message);
  }
  // Unknown fields at the top are in `content`, which is a copy of its own.
  for (const { parent, name } of unknown) delete (parent === content ? object : parent)[name];
  if (policy === "Warn") for (const text of texts) options.warn?.(text);
}

/** Refuses what the schema, the kind's own rules or the rules of metadata do not allow; passes on warnings. */
export function checkObject(
  kind: StoredKind,
  object: KubeObject,
  old: KubeObject | undefined,
  options: WriteOptions,
): void {
  const { metadata } = object;
  const causes = [
    ...metadataRules(kind.type, metadata, old?.metadata),
    ...(options.subresource === "status" ? schemaProblems(kind, object) : problemsOf(kind, object)),
  ];
  if (causes.length > 0) throw invalid(kind.type, metadata.name, causes);
  if (options.subresource === "status" || !options.warn) return;
  for (const text of warningsOf(kind, object)) options.warn(text);
}

/** What is wrong with what people wrote in an object, its metadata aside. */
export function problemsOf(kind: StoredKind, object: KubeObject): StatusCause[] {
  const causes = schemaProblems(kind, object);
  // The kind's rules may rely on the schema.
  if (causes.length > 0) return causes;
  return (kind.validate?.(object) ?? []).map((problem) => causeOf(problem, object));
}

/** What is allowed, but likely a mistake. */
export function warningsOf(kind: StoredKind, object: KubeObject): string[] {
  return (kind.warn?.(object) ?? []).map(warningText);
}

function schemaProblems(kind: StoredKind, { apiVersion: _, kind: __, metadata: ___, ...content }: KubeObject) {
  return schemaCheck(kind.schema)(content);
}

function causeOf(problem: Problem, object: KubeObject): StatusCause {
  const detail = `${problem.message} (${problem.code})${remedyText(problem)}`;
  const value = valueAt(object, problem.field);
  return value === undefined ? required(problem.field, detail) : invalidValue(problem.field, value, detail);
}

function warningText(problem: Problem): string {
  return `${problem.field}: ${problem.message} (${problem.code})${remedyText(problem)}`;
}

function remedyText({ remedy }: Problem): string {
  return remedy === undefined ? "" : `; ${remedy}`;
}
