/** Refuses updates that change what a kind fixes for life. */
import type { Kind } from "../../../kinds/kind.ts";
import { forbiddenField, invalidValue } from "../../../store/causes.ts";
import { valueAt } from "../../../store/check/paths.ts";
import type { Admission } from "../../../store/embedded/admission.ts";
import { invalid } from "../../../store/refusals.ts";

export function immutableFields(kinds: readonly Kind[]): Admission {
  const fixed = new Map(
    kinds.flatMap((kind) => (kind.validateUpdate ? [[`${kind.type.group}/${kind.type.plural}`, kind] as const] : [])),
  );
  return {
    admit(operation, type, object, old) {
      const kind = operation === "update" ? fixed.get(`${type.group}/${type.plural}`) : undefined;
      const problems = old ? (kind?.validateUpdate?.(object, old) ?? []) : [];
      if (problems.length === 0) return object;
      const causes = problems.map(({ code, field, message, remedy }) => {
        const detail = `${message} (${code})${remedy === undefined ? "" : `; ${remedy}`}`;
        // A whole spec says nothing to its reader.
        return field === "spec" ? forbiddenField(field, detail) : invalidValue(field, valueAt(object, field), detail);
      });
      throw invalid(type, object.metadata.name, causes);
    },
  };
}
