/** Values in the rules of AuthorizationPolicies: a star at one end or the other, and what each field makes of that. */
import type { TextMatch } from "./authorization-model.ts";

const PREFIX = "spiffe://";

/** `exact`, `prefix*`, `*suffix`; `*` is anything but nothing. */
export function textMatch(text: string): TextMatch {
  if (text === "*") return { type: "Present" };
  if (text.startsWith("*")) return { type: "Suffix", value: text.slice(1) };
  if (text.endsWith("*")) return { type: "Prefix", value: text.slice(0, -1) };
  return { type: "Exact", value: text };
}

/** A principal as policies write it, without the scheme: `cluster.local/ns/default/sa/sleep`. */
export function principalOf(text: string): TextMatch {
  const match = textMatch(text);
  switch (match.type) {
    case "Exact":
    case "Prefix":
      return { type: match.type, value: PREFIX + match.value };
    case "Suffix":
      return { type: "Regex", value: `${PREFIX}.*${quoted(match.value)}` };
    default:
      return match;
  }
}

/** A star stands anywhere in a namespace. */
export function namespaceOf(text: string): TextMatch {
  return { type: "Regex", value: `.*/ns/${text.split("*").map(quoted).join(".*")}/.*` };
}

/** `sleep` or `default/sleep`. An identity may say more between and after the two (`/ns/default/cluster/a/sa/sleep`). */
export function serviceAccountOf(own: string, text: string): TextMatch {
  const slash = text.indexOf("/");
  const namespace = slash < 0 ? own : text.slice(0, slash);
  const account = slash < 0 ? text : text.slice(slash + 1);
  return { type: "Regex", value: `${PREFIX}.+/ns/${quoted(namespace)}/(.+/|)sa/${quoted(account)}(/.+)?` };
}

export function trustDomainOf(text: string): TextMatch {
  if (text === "*") return { type: "Prefix", value: PREFIX };
  const star = text.indexOf("*");
  if (star < 0) return { type: "Prefix", value: `${PREFIX}${text}/` };
  return { type: "Regex", value: `${PREFIX}${quoted(text.slice(0, star))}[^/]*${quoted(text.slice(star + 1))}/.*` };
}

/** `ISSUER/SUBJECT`, of which the last slash parts the two: issuers are URLs. One star, at one end of the whole. */
export function jwtPrincipal(text: string): { issuer: TextMatch; subject: TextMatch } {
  const slash = text.lastIndexOf("/");
  const [issuer, subject] = slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
  if (text.startsWith("*")) {
    return slash < 0
      ? { issuer: { type: "Present" }, subject: textMatch(text) }
      : { issuer: textMatch(issuer), subject: exact(subject) };
  }
  if (text.endsWith("*")) {
    return slash < 0
      ? { issuer: textMatch(text), subject: { type: "Present" } }
      : { issuer: exact(issuer), subject: textMatch(subject) };
  }
  return { issuer: exact(issuer), subject: exact(subject) };
}

/**
 * A host, whatever the port and with or without the dot at its end: those are other names of the same host. Compared
 * without regard to case.
 */
export function hostMatches(text: string): TextMatch[] {
  const match = textMatch(text);
  if (/:(\d+|\*)$/.test(text)) return [match];
  switch (match.type) {
    case "Exact":
      return [text, `${text}.`].flatMap((host) => [exact(host), { type: "Prefix", value: `${host}:` }]);
    case "Suffix":
      return [{ type: "Regex", value: `.*${quoted(match.value)}\\.?(:[0-9]+)?` }];
    default:
      return [match];
  }
}

/** `{*}` stands for one part of a path, `{**}` for any number of them: then the text is a template. */
export function pathMatch(text: string): TextMatch | { type: "Template"; value: string } {
  return /\{\*\*?\}/.test(text) ? { type: "Template", value: text } : textMatch(text);
}

/** `[a][b]` of `request.auth.claims[a][b]`; a name that has brackets itself is one name. */
export function claimPath(brackets: string): string[] {
  const nested = /^(\[[^[\]]*\])+$/.test(brackets);
  return nested ? brackets.slice(1, -1).split("][") : [brackets.slice(1, -1)];
}

function exact(value: string): TextMatch {
  return { type: "Exact", value };
}

/** As a part of a regular expression, RE2's as well as ours. */
function quoted(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}
