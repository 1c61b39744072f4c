import { schemaCheck } from "../store/check/schema-check.ts";
import { invalid } from "../store/refusals.ts";
import type { Kind } from "./kind.ts";

/**
 * The kind, with defaults that refuse what its schema refuses. Defaults are filled in, and admission runs, before an
 * object is checked; both may then rely on its types, and whoever sent a text for a list is told so.
 */
export function guarded(kind: Kind): Kind {
  const check = schemaCheck(kind.schema);
  return {
    ...kind,
    defaults(object) {
      const { apiVersion: _, kind: __, metadata, ...content } = object;
      const causes = check(content);
      if (causes.length > 0) throw invalid(kind.type, metadata.name, causes);
      return kind.defaults?.(object) ?? object;
    },
  };
}
