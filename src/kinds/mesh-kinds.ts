/** The kinds that come with the mesh: an installation defines them, and its control plane checks and answers for them. */
import { istioKinds } from "./istio/index.ts";
import type { Kind } from "./kind.ts";
import { lateenKinds } from "./lateen/index.ts";

export const meshKinds: readonly Kind[] = [...istioKinds, ...lateenKinds];
