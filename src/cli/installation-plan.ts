import type { Delivery } from "../kubernetes/install/cluster/delivery.ts";
import { shown } from "../kubernetes/install/cluster/objects.ts";
import { planInstallation } from "../kubernetes/install/cluster/plan.ts";
import type { Store } from "../store/store.ts";

/** `lateen install --dry-run`: what would be created and what changed, field by field. */
export async function printPlan(store: Store, { components, record }: Delivery): Promise<void> {
  const steps = await planInstallation(store, [...components.flatMap(({ objects }) => objects), record]);
  for (const step of steps) {
    if (step.outcome === "create") console.log(`create  ${shown(step.object)}`);
    if (step.outcome === "change") {
      console.log(`change  ${shown(step.object)}`);
      for (const { field, wanted, found } of step.differences) {
        console.log(`          ${field}: ${short(found)} → ${short(wanted)}`);
      }
    }
  }
  const count = (outcome: string): number => steps.filter((step) => step.outcome === outcome).length;
  console.log(
    `${count("create")} to create, ${count("change")} to change, ${count("unchanged")} unchanged. Nothing was done (dry run).`,
  );
}

function short(value: unknown): string {
  const text = value === undefined ? "(nothing)" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
