import { stringify } from "yaml";

/** YAML that kubectl reads: a document each, without references between them, and without folded lines. */
export function yamlOf(objects: readonly unknown[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })).join("---\n");
}
