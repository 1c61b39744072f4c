/** A cluster's components, one by one: what runs, start, stop, kill. */
import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../../src/errors.ts";
import { COMPONENTS, type Component, commandOf } from "./components.ts";
import type { Instance } from "./instance.ts";
import { addressesOfRunning } from "./node/link.ts";
import { startComponent } from "./node/node.ts";
import { initOf, processesOf } from "./node/processes.ts";

/** The components that run, each with its process as the machine counts. */
export function running(instance: Instance): Map<Component, number> {
  const init = initOf(instance);
  const found = new Map<Component, number>();
  if (init === undefined) return found;
  for (const { pid, words } of processesOf(init)) {
    const component = COMPONENTS.find((name) => name === words[0]);
    if (component) found.set(component, pid);
  }
  return found;
}

/** Does nothing when it runs. */
export function start(instance: Instance, component: Component): void {
  const init = requireInit(instance);
  const addresses = addressesOfRunning(instance);
  if (running(instance).has(component) || !addresses) return;
  startComponent(init, component, commandOf(component, instance, addresses));
}

/** Ends a component and waits for its end. SIGTERM lets it clean up, SIGKILL does not. Pods go on. */
export async function stop(instance: Instance, component: Component, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  requireInit(instance);
  const pid = running(instance).get(component);
  if (pid === undefined) return;
  process.kill(pid, signal);
  while (running(instance).get(component) === pid) await sleep(20);
}

export function requireInit(instance: Instance): number {
  const init = initOf(instance);
  if (init !== undefined) return init;
  throw new LateenError(
    "LTN5507",
    `cluster ${instance.name} is not up`,
    `npm run cluster up -- --name ${instance.name}`,
  );
}
