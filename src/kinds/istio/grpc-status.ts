/** The names of gRPC's status codes, in the order of their numbers. */
const NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** Of `UNAVAILABLE` or `14`; undefined for what is neither. */
export function grpcStatusCode(name: string): number | undefined {
  const code = /^\d+$/.test(name) ? Number(name) : NAMES.indexOf(name);
  return code >= 0 && code < NAMES.length ? code : undefined;
}
