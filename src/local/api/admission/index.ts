/** What Kubernetes' API server does to objects on their way in. For `EmbeddedStoreOptions.admission`. */
import type { Kind } from "../../../kinds/kind.ts";
import type { Admission } from "../../../store/embedded/admission.ts";
import type { Store } from "../../../store/store.ts";
import { immutableFields } from "./immutable-fields.ts";
import { podHabits } from "./pods.ts";
import { serviceAccounts } from "./service-accounts.ts";
import { serviceAddresses } from "./service-addresses.ts";

/**
 * `store` is asked for when it is first needed, since the store is made with these. Hooks that make containers, such
 * as sidecar injection, belong before them: every container gets its account's token.
 */
export function apiAdmission(
  kinds: readonly Kind[],
  store: () => Pick<Store, "get" | "list">,
  home: string,
): Admission[] {
  return [serviceAddresses(store, home), serviceAccounts(store), podHabits(), immutableFields(kinds)];
}
