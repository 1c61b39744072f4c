/**
 * AuthorizationPolicies as the mesh understands them: who (identities, addresses, tokens) may do what (hosts, paths,
 * ports). One reading of them for both who enforces it, the proxies (src/envoy), and who explains it (evaluate.ts).
 */
import type { ExtAuthzProvider } from "./extension-providers.ts";
import type { PolicyHead } from "./policy-selection.ts";

export type AuthorizationAction = "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";

/** Key `namespace/name`. */
export interface AuthorizationPolicy extends PolicyHead {
  action: AuthorizationAction;
  /** Is only counted and told of. */
  dryRun: boolean;
  /** CUSTOM: which of the mesh's extension providers is asked; "" otherwise. */
  provider: string;
  /** Any of these; without one nothing matches. */
  rules: readonly AuthorizationRule[];
}

/** Matches what meets any of `from` (all that stands in it), any of `to`, and all of `when`. */
export interface AuthorizationRule {
  from: readonly (readonly Condition[])[];
  to: readonly (readonly Condition[])[];
  when: readonly Condition[];
}

/** What a condition looks at, and with which values: any of `values` (if there are any), and none of `notValues`. */
export type Condition =
  /** The URI in the peer's certificate. Without one no value matches. */
  | ({ on: "Peer" } & Values<TextMatch>)
  /** Addresses, or ranges of them. */
  | ({ on: "SourceIp" | "RemoteIp" | "DestinationIp" } & Values<string>)
  | ({ on: "DestinationPort" } & Values<number>)
  | ({ on: "Sni" } & Values<TextMatch>)
  | ({ on: "Metadata"; filter: string; key: string } & Values<TextMatch & { inList: boolean }>)
  | HttpCondition
  /** Nothing that we know how to look at: ALLOW then allows nothing, and others match whatever it is. */
  | { on: "Unknown"; what: string };

/** Conditions on requests, which a proxy that only sees bytes cannot look at. */
type HttpCondition =
  | ({ on: "Host" } & Values<TextMatch>)
  | ({ on: "Path" } & Values<TextMatch | { type: "Template"; value: string }>)
  /** `:method` too. */
  | ({ on: "Header"; name: string } & Values<TextMatch>)
  | ({ on: "RequestPrincipal" } & Values<{ issuer: TextMatch; subject: TextMatch }>)
  | ({ on: "Claim"; path: readonly string[] } & Values<TextMatch>);

interface Values<Match> {
  values: readonly Match[];
  notValues: readonly Match[];
}

export type TextMatch =
  | { type: "Exact" | "Prefix" | "Suffix"; value: string }
  /** RE2, of the whole. */
  | { type: "Regex"; value: string }
  /** Anything but nothing. */
  | { type: "Present" };

/** What a proxy sees of a call: requests, or bytes of a connection only. */
export type Layer = "HTTP" | "TCP";

const HTTP_ONLY: ReadonlySet<Condition["on"]> = new Set(["Host", "Path", "Header", "RequestPrincipal", "Claim"]);

/** One rule under the name that logs give it. */
export interface NamedRule {
  /** `ns[default]-policy[viewer]-rule[0]` */
  name: string;
  policy: AuthorizationPolicy;
  index: number;
  rule: AuthorizationRule;
}

/**
 * The rules of policies as they can be enforced on a layer, in the order in which a proxy tries them (by name). Of what
 * cannot be looked at there: a rule that has it allows nothing (`allows`); to deny, audit or ask, it counts as met.
 */
export function rulesIn(policies: readonly AuthorizationPolicy[], layer: Layer, allows: boolean): NamedRule[] {
  const visible = (condition: Condition): boolean =>
    condition.on !== "Unknown" && !(layer === "TCP" && HTTP_ONLY.has(condition.on));
  const named = policies.flatMap((policy) =>
    policy.rules.flatMap((rule, index): NamedRule[] => {
      const all = [...rule.from.flat(), ...rule.to.flat(), ...rule.when];
      if (allows && !all.every(visible)) return [];
      const only = (conditions: readonly Condition[]) => conditions.filter(visible);
      const { namespace, name } = policy.origin;
      return [
        {
          name: `ns[${namespace}]-policy[${name}]-rule[${index}]`,
          policy,
          index,
          rule: { from: rule.from.map(only), to: rule.to.map(only), when: only(rule.when) },
        },
      ];
    }),
  );
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a workload enforces: each list in its own order, older before younger. */
export interface Authorization {
  custom: readonly CustomAuthorization[];
  audit: readonly AuthorizationPolicy[];
  deny: readonly AuthorizationPolicy[];
  allow: readonly AuthorizationPolicy[];
}

/** All CUSTOM policies that ask one provider. */
export interface CustomAuthorization {
  /** As the policies name it. */
  name: string;
  policies: readonly AuthorizationPolicy[];
  /** Absent when there is none of that name, or no service for it: what the policies match is then denied. */
  provider?: ExtAuthzProvider;
  /** The provider's service. */
  host: string;
}
