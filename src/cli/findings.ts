/** What checks before an installation found, as lines; and whether it may be begun. */
import { LateenError } from "../errors.ts";
import type { Finding } from "../kubernetes/install/cluster/finding.ts";

const WORDS = { error: "Error", warning: "Warning", note: "Info" } as const;

export function findingLines({ level, code, message, remedy }: Finding): string[] {
  return [`${WORDS[level]} ${code}: ${message}`, `  ${remedy}`];
}

/** Prints them; throws when one of them is in the way. `--force` goes on where that can be gone without. */
export function heed(findings: readonly Finding[], force = false): void {
  const inTheWay = findings.filter(({ level, forcible }) => level === "error" && !(force && forcible));
  for (const finding of findings) if (!inTheWay.includes(finding)) console.error(findingLines(finding).join("\n"));
  const [first, ...others] = inTheWay;
  if (!first) return;
  const more = others.flatMap(findingLines);
  const remedy = [first.remedy, ...more].join("\n");
  throw new LateenError(first.code, first.message, `${remedy}\nNothing was changed.`);
}
