/** Definitions (CRDs) that are there already: another version's, or Istio's own, maybe with objects of theirs. */
import type { KubeObject } from "../../../../store/object.ts";
import type { Store } from "../../../../store/store.ts";
import { countObjects, definitionsOf, listDefinitions } from "../definitions.ts";
import { error, type Finding, note } from "../finding.ts";
import { isOurs } from "../labels.ts";

export async function checkDefinitions(store: Store, objects: readonly KubeObject[]): Promise<Finding[]> {
  const wanted = new Map(definitionsOf(objects).map((each) => [each.metadata.name, each]));
  if (wanted.size === 0) return [];
  const there = (await listDefinitions(store)).filter(({ metadata }) => wanted.has(metadata.name));
  const found: Finding[] = [];
  const foreign: string[] = [];
  for (const definition of there) {
    const { name, deletionTimestamp } = definition.metadata;
    if (deletionTimestamp !== undefined) {
      found.push(
        error(
          "LTN5345",
          `definition ${name} is being deleted`,
          `Wait until it is gone: kubectl wait --for=delete crd/${name}`,
        ),
      );
      continue;
    }
    const versions = wanted.get(name)?.spec.versions.map((version) => version.name) ?? [];
    const lost = (definition.status?.storedVersions ?? []).filter((version) => !versions.includes(version));
    if (lost.length > 0) {
      found.push(
        error(
          "LTN5346",
          `definition ${name} of another installation stores objects in version ${lost.join(", ")}, which lateen's has not (${versions.join(", ")})`,
          `Rewrite its objects in version ${versions[0]} and take ${lost.join(", ")} out of its status.storedVersions; or, if you need none of them: kubectl delete crd ${name}`,
        ),
      );
    } else if (!isOurs(definition)) {
      const count = await countObjects(store, definition);
      foreign.push(count > 0 ? `${name} (${count === 1 ? "1 object" : `${count} objects`})` : name);
    }
  }
  if (foreign.length > 0) {
    found.push(
      note(
        "LTN5347",
        `definitions of another installation, such as Istio's, are there and will be replaced; their objects stay:\n  ${foreign.join("\n  ")}`,
        "Nothing to do. lateen analyze says afterwards what of them is not understood.",
      ),
    );
  }
  return found;
}
