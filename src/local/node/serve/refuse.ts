import type { Reason } from "../../../store/error.ts";
import { REASONS } from "../../../store/error.ts";

/** A request that the node does not serve, in the words of Kubernetes; the API server passes it on as it is. */
export class Refusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }

  get code(): number {
    return REASONS[this.reason];
  }

  get body(): string {
    const { reason, message, code } = this;
    return `${JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code })}\n`;
  }
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal("InternalError", error instanceof Error ? error.message : String(error));
}
