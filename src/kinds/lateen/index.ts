/** Kinds of our own: what Istio leaves to EnvoyFilter. */
import type { Kind } from "../kind.ts";
import { rateLimitKind } from "./rate-limit.ts";

export const lateenKinds: readonly Kind[] = [rateLimitKind];
