import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";

/** `init` runs to its end before the next starts; `sidecar` starts in that order and stays; `app` is what it is for. */
export type Role = "init" | "sidecar" | "app";

function roleOfInit(container: Container): Role {
  return container.restartPolicy === "Always" ? "sidecar" : "init";
}

/** Every container with its role, in the order in which they start. */
export function containersOf(pod: Pod): { container: Container; role: Role }[] {
  return [
    ...(pod.spec.initContainers ?? []).map((container) => ({ container, role: roleOfInit(container) })),
    ...pod.spec.containers.map((container) => ({ container, role: "app" as const })),
  ];
}
