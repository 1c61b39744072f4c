/** Regular expressions are Envoy's, that is RE2's: linear in time, therefore without look-around and back-references. */

/** What is wrong with it, or undefined. */
export function regexFault(regex: string): string | undefined {
  const refused = REFUSED.find(([pattern]) => pattern.test(withoutEscapedBackslashes(regex)));
  if (refused) return `${refused[1]}, which RE2 does not have`;
  const repeat = /\{(\d+)(?:,(\d*))?\}/g;
  for (const [, from, to] of regex.matchAll(repeat)) {
    if (Number(from) > 1000 || Number(to ?? 0) > 1000) return "it repeats more than 1000 times, RE2's limit";
  }
  try {
    new RegExp(inJavaScript(regex));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return reason.replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, "it is not well formed: ");
  }
}

const REFUSED: readonly [RegExp, string][] = [
  [/\(\?<?[=!]/, "it looks ahead or behind"],
  [/\(\?>/, "it has an atomic group"],
  [/\\[1-9]|\\k[<{']|\(\?P=/, "it refers back to a group"],
  [/\(\?(?:\(|[R&#0-9])/, "it has a conditional, a recursion or a comment"],
  [/\\(?![pPdDwWsSbBAzaftnrvxC])[A-Za-z_]/, "it has an escape"],
];

/** `\\1` is a backslash and a one, no back-reference. */
function withoutEscapedBackslashes(regex: string): string {
  return regex.replace(/\\Q.*?(?:\\E|$)/gs, "").replaceAll("\\\\", "");
}

/** The same with JavaScript's spelling, to let its parser find what is not well formed. */
function inJavaScript(regex: string): string {
  return regex
    .replace(/\\Q(.*?)(?:\\E|$)/gs, (_all, quoted: string) => quoted.replace(/[^\w]/g, "\\$&"))
    .replace(/\(\?P</g, "(?<")
    .replace(/\(\?[imsU-]+\)/g, "")
    .replace(/\(\?[imsU-]+:/g, "(?:")
    .replace(/\[:\^?[a-z]+:\]/g, "a-z")
    .replace(/\\x\{[0-9a-fA-F]+\}/g, "x")
    .replace(/\\[pP](?:\{[^}]*\}|[A-Z])/g, "\\w")
    .replace(/\\[AzC]/g, "\\b");
}
