/** RateLimits as rules for workloads, and what becomes of each object. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import { durationMs } from "../../kinds/istio/duration.ts";
import type { Key, Match, RateLimit, Rule } from "../../kinds/lateen/rate-limit-schema.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshSettings, ObjectRef, PathMatch } from "../model.ts";
import { namedMatches } from "../string-match.ts";
import {
  type PolicyHead,
  type PolicySelection,
  type PolicySubject,
  policyHead,
  selectedPolicies,
  wirePolicySelection,
} from "./policy-selection.ts";
import type { RateLimitKey, RateLimitMatch, RateLimitRule } from "./rate-limit-model.ts";

interface RateLimitRow extends PolicyHead {
  rules: readonly RateLimitRule[];
}

export interface RateLimits {
  /** A RateLimit has a row for each Service that it names, and one for all else: key `namespace/name#N`. */
  rows: Collection<RateLimitRow>;
  selection: PolicySelection<RateLimitRow>;
}

const KIND = "policy.lateen.dev/RateLimit";

export function wireRateLimits(
  graph: Graph,
  inputs: Pick<MeshInputs, "rateLimits" | "services">,
  settings: Collection<MeshSettings>,
): RateLimits {
  const rows = graph.deriveMany<RateLimit, RateLimitRow>("rate limits", inputs.rateLimits, (key, object, read) => {
    const { origin, createdAt, target } = policyHead(KIND, object);
    const rules = object.spec.rules.map((rule) => ruleOf(origin, rule));
    const found: RateLimitRow[] = [{ origin, createdAt, target, rules }];
    for (const { kind, name } of object.spec.targetRefs ?? []) {
      if (kind !== "Service") continue;
      const selector = read.get(inputs.services, `${origin.namespace}/${name}`)?.spec?.selector ?? {};
      // A Service without a selector leads to no pods that we know of: it must not mean all of them.
      if (Object.keys(selector).length > 0) {
        found.push({ origin, createdAt, target: { type: "Workloads", selector }, rules });
      }
    }
    return found.map((row, i) => [`${key}#${i}`, row]);
  });
  return { rows, selection: wirePolicySelection(graph, rows, settings) };
}

/** The rules for a workload, each once. */
export function rateLimitRules({ selection }: RateLimits, read: Reader, subject: PolicySubject): RateLimitRule[] {
  return [...new Set(selectedPolicies(selection, read, subject).flatMap(({ rules }) => rules))];
}

export function ruleOf(origin: ObjectRef, { name, match, by = [], limit, scope, onUnavailable }: Rule): RateLimitRule {
  return {
    origin,
    name,
    match: matchOf(match ?? {}),
    by: by.map(keyOf),
    limit: {
      requests: limit.requests,
      perMs: durationMs(limit.per) ?? 1000,
      burst: limit.burst ?? limit.requests,
    },
    scope: scope ?? "Local",
    onUnavailable: onUnavailable ?? "Allow",
  };
}

function matchOf({ hosts = [], methods = [], paths = [], headers }: Match): RateLimitMatch {
  return { hosts, methods, paths: paths.map(pathOf), headers: namedMatches(headers) };
}

function pathOf(path: string): PathMatch {
  return path.endsWith("*") ? { type: "Prefix", value: path.slice(0, -1) } : { type: "Exact", value: path };
}

function keyOf({ header, claim, identity }: Key): RateLimitKey {
  if (header !== undefined) return { type: "Header", name: header.toLowerCase() };
  if (claim !== undefined) return { type: "Claim", path: claimPath(claim) };
  if (identity !== undefined) return { type: "Identity", part: identity };
  return { type: "Address" };
}

/** `sub`, or `realm_access[tenant]` for a claim within a claim, as Istio's conditions write it. */
function claimPath(claim: string): string[] {
  const [, first = claim, rest = ""] = /^([^[\]]+)((?:\[[^[\]]+\])*)$/.exec(claim) ?? [];
  return [first, ...[...rest.matchAll(/\[([^[\]]+)\]/g)].map(([, name = ""]) => name)];
}
