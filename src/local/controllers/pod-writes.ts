import type { Pod } from "../../kinds/core/pod.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import { isNamespaceEnding } from "./namespace-ending.ts";
import type { World } from "./world.ts";

/** Makes a pod, and reports that, or why not, on its owner. */
export async function createPod(world: World, component: string, owner: KubeObject, pod: Pod): Promise<void> {
  try {
    const created = await world.pods.create(pod);
    const message = `Created pod: ${created.metadata.name}`;
    world.recorder.record(component, owner, { reason: "SuccessfulCreate", message });
  } catch (error) {
    if (isNamespaceEnding(error)) return;
    record(world, component, owner, "FailedCreate", `Error creating: ${text(error)}`);
    throw error;
  }
}

/** Deletes a pod, and reports it on its owner. One that is gone already is what was wanted. */
export async function deletePod(world: World, component: string, owner: KubeObject, pod: Pod): Promise<void> {
  try {
    await world.pods.delete(pod);
    const message = `Deleted pod: ${pod.metadata.name}`;
    world.recorder.record(component, owner, { reason: "SuccessfulDelete", message });
  } catch (error) {
    if (error instanceof StoreError && error.reason === "NotFound") return;
    record(world, component, owner, "FailedDelete", `Error deleting: ${text(error)}`);
    throw error;
  }
}

function record(world: World, component: string, owner: KubeObject, reason: string, message: string): void {
  world.recorder.record(component, owner, { type: "Warning", reason, message });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
