/** What an installation would do, asked of the API by dry runs: nothing is changed by it. */
import { type Namespace, namespaceKind } from "../../../kinds/core/namespace.ts";
import { StoreError } from "../../../store/error.ts";
import type { KubeObject } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { asApplied } from "./as-applied.ts";
import { type Difference, differences } from "./drift.ts";
import { error, type Finding } from "./finding.ts";
import { inBatches } from "./in-batches.ts";
import { FIELD_MANAGER, find, nameOf, shown, typeOf } from "./objects.ts";

export type PlannedStep = { object: KubeObject } & (
  | { outcome: "create" | "unchanged" }
  | { outcome: "change"; differences: Difference[] }
  | { outcome: "refused"; why: string }
);

export async function planInstallation(store: Store, objects: readonly KubeObject[]): Promise<PlannedStep[]> {
  const names = new Set(objects.flatMap((object) => nameOf(object).namespace ?? []));
  const there = await inBatches([...names], async (name) => {
    const found = await find<Namespace>(store, namespaceKind.type, { name });
    return found ? [name] : [];
  });
  const namespaces = new Set(there.flat());
  return inBatches(objects, async (object): Promise<PlannedStep> => {
    const { namespace } = nameOf(object);
    // In a namespace that does not exist nothing can be tried.
    const untried = namespace !== undefined && !namespaces.has(namespace);
    return untried ? { object, outcome: "create" } : plan(store, object);
  });
}

async function plan(store: Store, object: KubeObject): Promise<PlannedStep> {
  try {
    const live = await find(store, typeOf(object), nameOf(object));
    if (live) {
      const found = await differences(store, object, live);
      return found.length === 0 ? { object, outcome: "unchanged" } : { object, outcome: "change", differences: found };
    }
    const body = asApplied(object, undefined);
    const options = { fieldManager: FIELD_MANAGER, force: true, dryRun: true };
    await store.patch(typeOf(object), nameOf(object), { type: "apply", body }, options);
    return { object, outcome: "create" };
  } catch (refusal) {
    if (!(refusal instanceof StoreError)) throw refusal;
    if (refusal.reason === "ServiceUnavailable" || refusal.reason === "Unauthorized") throw refusal;
    // Of a kind whose definition comes with this installation.
    if (refusal.reason === "NotFound") return { object, outcome: "create" };
    return { object, outcome: "refused", why: refusal.message };
  }
}

export function refusals(steps: readonly PlannedStep[]): Finding[] {
  return steps.flatMap((step) =>
    step.outcome === "refused"
      ? [error("LTN5321", `${shown(step.object)} would be refused by the API: ${step.why}`, remedy(step.why))]
      : [],
  );
}

function remedy(why: string): string {
  if (why.includes("immutable")) return "Delete it first, or install beside it with --revision.";
  if (why.includes("RBAC")) return "Who grants rights must have them: use a cluster administrator's credentials.";
  return "Correct what it says in the IstioOperator file or --set.";
}
