/** Refusals in Kubernetes' exact words: kubectl prints them, and client libraries look for them. */
import { type StatusCause, StoreError } from "./error.ts";
import type { ResourceType } from "./object.ts";

/** `pods`, or `virtualservices.networking.istio.io`. */
function resourceName(type: Pick<ResourceType, "group" | "plural">): string {
  return type.group === "" ? type.plural : `${type.plural}.${type.group}`;
}

/** `Pod`, or `VirtualService.networking.istio.io`. */
function kindName(type: Pick<ResourceType, "group" | "kind">): string {
  return type.group === "" ? type.kind : `${type.kind}.${type.group}`;
}

const about = (type: ResourceType, name: string): StoreError["details"] => ({
  ...(type.group === "" ? {} : { group: type.group }),
  kind: type.plural,
  name,
});

export function notFound(type: ResourceType, name: string): StoreError {
  return new StoreError("NotFound", `${resourceName(type)} "${name}" not found`, { details: about(type, name) });
}

export function alreadyExists(type: ResourceType, name: string): StoreError {
  return new StoreError("AlreadyExists", `${resourceName(type)} "${name}" already exists`, {
    details: about(type, name),
  });
}

export function conflict(type: ResourceType, name: string, reason: string): StoreError {
  const message = `Operation cannot be fulfilled on ${resourceName(type)} "${name}": ${reason}`;
  return new StoreError("Conflict", message, { details: about(type, name) });
}

export function modified(type: ResourceType, name: string): StoreError {
  return conflict(
    type,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

/** A delete whose condition (`UID` or `ResourceVersion`) does not hold. */
export function unmetPrecondition(
  type: ResourceType,
  name: string,
  what: "UID" | "ResourceVersion",
  wanted: string,
  found: string,
): StoreError {
  const happened = what === "UID" ? "deleted and then recreated" : "modified";
  const group = type.group === "" ? {} : { group: type.group };
  const message = `Operation cannot be fulfilled on ${kindName(type)} "${name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${happened}`;
  return new StoreError("Conflict", message, { details: { ...group, kind: type.kind, name } });
}

export function forbidden(
  type: ResourceType,
  name: string,
  reason: string,
  causes: readonly StatusCause[] = [],
): StoreError {
  const message = `${resourceName(type)} "${name}" is forbidden: ${reason}`;
  return new StoreError("Forbidden", message, { details: about(type, name), causes });
}

export function expired(reason: string): StoreError {
  return new StoreError("Expired", reason);
}

/** `VirtualService.networking.istio.io "reviews" is invalid: spec.hosts: Required value`. */
export function invalid(type: ResourceType, name: string, causes: readonly StatusCause[]): StoreError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return new StoreError("Invalid", `${kindName(type)} "${name}" is invalid: ${all}`, {
    causes,
    details: { ...(type.group === "" ? {} : { group: type.group }), kind: type.kind, ...(name === "" ? {} : { name }) },
  });
}
