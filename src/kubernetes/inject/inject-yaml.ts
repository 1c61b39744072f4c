import { parseAllDocuments, stringify } from "yaml";
import { LateenError } from "../../errors.ts";

/** A text of YAML documents, of which each that `inject` changes is written anew; the others stay as they are. */
export function injectYaml(text: string, inject: (object: unknown) => unknown): string {
  const documents = parseAllDocuments(text);
  let end = 0;
  return [...documents]
    .map((document) => {
      const source = text.slice(end, document.range[2]);
      end = document.range[2];
      const [error] = document.errors;
      if (error)
        throw new LateenError("LTN4004", `what is to be injected is not YAML: ${error.message}`, "Correct it.");
      const object: unknown = document.toJS();
      const made = inject(object);
      // As Kubernetes reads it: a text such as "on" stays one.
      return made === object ? source : `---\n${stringify(made, { version: "1.1", aliasDuplicateObjects: false })}`;
    })
    .join("");
}
