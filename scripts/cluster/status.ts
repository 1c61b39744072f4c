import { COMPONENTS } from "./components.ts";
import { running } from "./control.ts";
import { instances } from "./instance.ts";
import { initOf } from "./node/processes.ts";

/** Prints a block per cluster that this machine has kept something of. */
export function showStatus(): void {
  for (const instance of instances()) {
    const up = initOf(instance) !== undefined;
    console.log(`${instance.name}: ${up ? `up, kubeconfig ${instance.kubeconfig}` : "down"}`);
    if (!up) continue;
    const processes = running(instance);
    for (const component of COMPONENTS) {
      console.log(`  ${component.padEnd(24)} ${processes.get(component) ?? "stopped"}`);
    }
  }
}
