/** Refusals and successes as Kubernetes' Status objects. */
import { StoreError } from "../../store/error.ts";

export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, never>;
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: object;
  code?: number;
}

export function failure(error: unknown): Status & { code: number } {
  const refusal = error instanceof StoreError ? error : unexpected(error);
  const { causes, details } = refusal;
  const about = { ...details, ...(causes.length > 0 && { causes }) };
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: refusal.message,
    reason: refusal.reason,
    ...(Object.keys(about).length > 0 && { details: about }),
    code: refusal.code,
  };
}

/** A fault of ours: the client learns what, the log where. */
function unexpected(error: unknown): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError("InternalError", `Internal error occurred: ${message}`);
}

export function success(details: object): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

export function badRequest(message: string): StoreError {
  return new StoreError("BadRequest", message);
}

export function noSuchPath(): StoreError {
  return new StoreError("NotFound", "the server could not find the requested resource");
}

export function methodNotAllowed(): StoreError {
  return new StoreError("MethodNotAllowed", "the server does not allow this method on the requested resource");
}
