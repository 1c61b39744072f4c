/**
 * Whether a call is allowed, and by which rule: what the proxies do with our policies, done here on the model. Pure. It
 * is tried against a real Envoy by the same cases (test/envoy/authorization).
 */
import {
  type Authorization,
  type AuthorizationPolicy,
  type AuthorizationRule,
  type Condition,
  type Layer,
  type NamedRule,
  rulesIn,
  type TextMatch,
} from "./authorization-model.ts";
import { inRange } from "./ip-ranges.ts";
import { templateMatches } from "./path-templates.ts";

/** A call as the proxy of who is called sees it. */
export interface Call {
  layer: Layer;
  /** The URI in the verified certificate of the peer; absent on plain text. */
  peer?: string;
  /** Who is connected, and who it is for by the headers that proxies write. */
  sourceIp: string;
  remoteIp: string;
  destinationIp: string;
  destinationPort: number;
  sni: string;
  /** `:method` in upper case, and `:path` as normalised; the rest in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Of the verified token. */
  claims?: Readonly<Record<string, unknown>>;
}

export interface Verdict {
  allowed: boolean;
  /** What decided: without one, that no policy that allows matched, or that there is none (then all is allowed). */
  by?: NamedRule;
  /** Who is asked besides, and says the last word: rules of CUSTOM policies that match, with their providers. */
  asks: readonly { provider: string; rule: NamedRule }[];
  /** Rules that match and only note it: AUDIT. */
  audited: readonly NamedRule[];
  /** What policies that are only tried would do. */
  dryRun: readonly { action: "ALLOW" | "DENY"; allowed: boolean; rule?: NamedRule }[];
}

export function evaluate(authorization: Authorization | undefined, call: Call): Verdict {
  if (!authorization) return { allowed: true, asks: [], audited: [], dryRun: [] };
  const { custom, audit, deny, allow } = authorization;
  const match = (policies: readonly AuthorizationPolicy[], allows = false): NamedRule | undefined =>
    rulesIn(policies, call.layer, allows).find(({ rule }) => ruleMatches(rule, call));
  const denied = match(deny.filter(isEnforced));
  const allowing = allow.filter(isEnforced);
  const allowed = match(allowing, true);
  const asked = custom.flatMap(({ name, policies, provider }) => {
    if (call.layer === "TCP" && provider?.http) return [];
    const rule = match(policies.filter(isEnforced));
    return rule ? [{ provider: name, rule, known: provider !== undefined }] : [];
  });
  const unknown = asked.find(({ known }) => !known);
  const by = unknown?.rule ?? denied ?? allowed;
  const audited = match(audit.filter(isEnforced));
  return {
    allowed: !unknown && !denied && (allowing.length === 0 || allowed !== undefined),
    ...(by && { by }),
    asks: asked.filter(({ known }) => known).map(({ provider, rule }) => ({ provider, rule })),
    audited: audited ? [audited] : [],
    dryRun: [...tried("DENY", deny), ...tried("ALLOW", allow)],
  };

  function tried(action: "ALLOW" | "DENY", policies: readonly AuthorizationPolicy[]): Verdict["dryRun"] {
    const only = policies.filter(({ dryRun }) => dryRun);
    if (only.length === 0) return [];
    const rule = match(only, action === "ALLOW");
    return [{ action, allowed: (action === "ALLOW") === (rule !== undefined), ...(rule && { rule }) }];
  }
}

function isEnforced({ dryRun }: AuthorizationPolicy): boolean {
  return !dryRun;
}

function ruleMatches({ from, to, when }: AuthorizationRule, call: Call): boolean {
  const met = (conditions: readonly Condition[]) => conditions.every((condition) => conditionMet(condition, call));
  return from.some(met) && to.some(met) && met(when);
}

function conditionMet(condition: Condition, call: Call): boolean {
  switch (condition.on) {
    case "Peer":
      return holds(condition, (match) => call.peer !== undefined && textMatches(match, call.peer));
    case "SourceIp":
      return holds(condition, (range) => inRange(range, call.sourceIp));
    case "RemoteIp":
      return holds(condition, (range) => inRange(range, call.remoteIp));
    case "DestinationIp":
      return holds(condition, (range) => inRange(range, call.destinationIp));
    case "DestinationPort":
      return holds(condition, (port) => port === call.destinationPort);
    case "Sni":
      return holds(condition, (match) => textMatches(match, call.sni));
    case "Host":
      return holds(condition, (match) => headerMatches(match, call.headers[":authority"], "i"));
    case "Header":
      return holds(condition, (match) => headerMatches(match, call.headers[condition.name]));
    case "Path":
      return holds(condition, (match) => {
        const path = (call.headers[":path"] ?? "").replace(/[?#].*$/, "");
        return match.type === "Template" ? templateMatches(match.value, path) : textMatches(match, path);
      });
    case "RequestPrincipal":
      return holds(
        condition,
        ({ issuer, subject }) => isText(issuer, call.claims?.iss) && isText(subject, call.claims?.sub),
      );
    case "Claim": {
      const value = condition.path.reduce<unknown>(memberOf, call.claims);
      const listed: readonly unknown[] = Array.isArray(value) ? value : [];
      return holds(condition, (match) => isText(match, value) || listed.some((each) => isText(match, each)));
    }
    // what other filters of the proxy have noted, nobody here knows
    case "Metadata":
      return holds(condition, () => false);
    case "Unknown":
      return true;
  }
}

function holds<M>(
  { values, notValues }: { values: readonly M[]; notValues: readonly M[] },
  matches: (match: M) => boolean,
): boolean {
  return (values.length === 0 || values.some(matches)) && !notValues.some(matches);
}

/** A header of which presence is enough may be empty. */
function headerMatches(match: TextMatch, value: string | undefined, flags = ""): boolean {
  if (value === undefined) return false;
  return match.type === "Present" || textMatches(match, value, flags);
}

function textMatches(match: TextMatch, value: string, flags = ""): boolean {
  const fold = (text: string): string => (flags === "i" ? text.toLowerCase() : text);
  switch (match.type) {
    case "Exact":
      return fold(value) === fold(match.value);
    case "Prefix":
      return fold(value).startsWith(fold(match.value));
    case "Suffix":
      return fold(value).endsWith(fold(match.value));
    case "Regex":
      return new RegExp(`^(?:${match.value})$`, flags).test(value);
    case "Present":
      return value !== "";
  }
}

function isText(match: TextMatch, value: unknown): boolean {
  return typeof value === "string" && textMatches(match, value);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Reflect.get(value, name) : undefined;
}
