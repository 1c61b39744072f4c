/** Every kind that Lateen knows. */
import { coreKinds } from "./core/index.ts";
import { gatewayApiKinds } from "./gateway-api/index.ts";
import { guarded } from "./guarded.ts";
import { istioKinds } from "./istio/index.ts";
import type { Kind } from "./kind.ts";

export const kinds: readonly Kind[] = [...coreKinds, ...gatewayApiKinds, ...istioKinds].map(guarded);
