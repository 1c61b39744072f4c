import type { KubeObject } from "../../store/object.ts";
import { keyOf } from "../../store/object.ts";
import type { LabelSelector } from "../../store/selectors.ts";
import type { Objects } from "./objects.ts";
import { controllerOf, selectorMatches } from "./owners.ts";
import type { World } from "./world.ts";

/** Calls `touch` with the keys of those owners of a kind whom a change of a pod concerns. */
export function onPodsOf<T extends KubeObject & { spec: { selector?: LabelSelector } }>(
  world: World,
  kind: string,
  owners: Objects<T>,
  touch: (key: string) => void,
): void {
  world.pods.onChange(({ before, after }) => {
    for (const pod of [before, after]) {
      if (!pod) continue;
      const namespace = pod.metadata.namespace ?? "";
      const owner = controllerOf(pod);
      if (owner?.kind === kind) touch(`${namespace}/${owner.name}`);
      if (owner || pod !== after) continue;
      for (const candidate of owners.inNamespace(namespace)) {
        if (selectorMatches(candidate.spec.selector, pod)) touch(keyOf(candidate));
      }
    }
  });
}
