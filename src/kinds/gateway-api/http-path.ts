import type { Problem } from "../kind.ts";
import { problem } from "./checks.ts";

/** Sequences that a proxy would normalise away, so that the match could never be met as written. */
const FORBIDDEN = ["//", "/./", "/../", "%2f", "%2F", "#"];
const FORBIDDEN_ENDS = ["/..", "/."];
const CHARACTERS = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$/;

export function checkHttpPath(
  type: "Exact" | "PathPrefix" | "RegularExpression",
  value: string,
  at: string,
): Problem[] {
  if (type === "RegularExpression") return [];
  const suffix = "when type one of ['Exact', 'PathPrefix']";
  const problems: Problem[] = [];
  const add = (message: string, remedy: string): void => {
    problems.push(problem("value", `${at}.value`, message, remedy));
  };
  if (!value.startsWith("/")) {
    add(`value must be an absolute path and start with '/' ${suffix}`, `write /${value}`);
  }
  for (const part of FORBIDDEN) {
    if (value.includes(part))
      add(`must not contain '${part}' ${suffix}`, "write the path as it is after normalisation");
  }
  for (const end of FORBIDDEN_ENDS) {
    if (value.endsWith(end)) add(`must not end with '${end}' ${suffix}`, "write the path as it is after normalisation");
  }
  if (!CHARACTERS.test(value)) {
    add(
      `must only contain valid characters (matching ${CHARACTERS.source}) for types ['Exact', 'PathPrefix']`,
      "percent-encode the others",
    );
  }
  return problems;
}
