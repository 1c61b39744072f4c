/** Every kind that Lateen knows. */
import { coreKinds } from "./core/index.ts";
import { gatewayApiKinds } from "./gateway-api/index.ts";
import { guarded } from "./guarded.ts";
import type { Kind } from "./kind.ts";
import { meshKinds } from "./mesh-kinds.ts";

export const kinds: readonly Kind[] = [...coreKinds, ...gatewayApiKinds, ...meshKinds].map(guarded);
