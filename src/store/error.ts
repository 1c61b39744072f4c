/** Kubernetes' StatusReason and the HTTP status that goes with it. */
export const REASONS = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  UnsupportedMediaType: 415,
  RequestEntityTooLarge: 413,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof REASONS;

/** A cause within a Status: the field's path and what is wrong with it. */
export interface StatusCause {
  reason: string;
  message: string;
  field: string;
}

/** What a store refuses, in the terms of Kubernetes' Status. */
export class StoreError extends Error {
  readonly reason: Reason;
  readonly causes: readonly StatusCause[];
  readonly details: { group?: string; kind?: string; name?: string };

  constructor(
    reason: Reason,
    message: string,
    options: { causes?: readonly StatusCause[]; details?: StoreError["details"] } = {},
  ) {
    super(message);
    this.name = "StoreError";
    this.reason = reason;
    this.causes = options.causes ?? [];
    this.details = options.details ?? {};
  }

  get code(): number {
    return REASONS[this.reason];
  }
}
