import type { AuthorizationPolicy } from "../../../src/kinds/istio/authorization-policy.ts";
import type { CallSpec } from "./calls.ts";

type Spec = NonNullable<AuthorizationPolicy["spec"]>;

export interface PolicyCase extends Spec {
  /** Default: `p0`, `p1`, … */
  name?: string;
  /** Default: that of the workload, `default`. */
  namespace?: string;
  dryRun?: boolean;
}

/** Policies for one workload, and calls with what becomes of them. */
export interface Table {
  name: string;
  policies: readonly PolicyCase[];
  calls: readonly (readonly [CallSpec, "yes" | "no"])[];
}

export function policyObject(policy: PolicyCase, index: number): AuthorizationPolicy {
  const { name = `p${index}`, namespace = "default", dryRun, ...spec } = policy;
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name, namespace, ...(dryRun && { annotations: { "istio.io/dry-run": "true" } }) },
    spec,
  };
}

export function describeCall({ as = "plain text", layer, ...rest }: CallSpec): string {
  const { method = "GET", path = "/", host, headers, claims, from, sni } = rest;
  const more = {
    ...(host && { host }),
    ...headers,
    ...(claims && { claims }),
    ...(from && { from }),
    ...(sni && { sni }),
  };
  const extra = Object.keys(more).length > 0 ? ` ${JSON.stringify(more)}` : "";
  return `${as}: ${layer === "TCP" ? "TCP" : `${method} ${path}`}${extra}`;
}

type Rule = NonNullable<Spec["rules"]>[number];

interface Matches {
  yes: readonly CallSpec[];
  no: readonly CallSpec[];
}

/** One policy with one rule, of which the table says what it matches: it allows that, and nothing else. */
function rule(name: string, one: Rule, { yes, no }: Matches): Table {
  return {
    name,
    policies: [{ action: "ALLOW", rules: [one] }],
    calls: [...yes.map((call) => [call, "yes"] as const), ...no.map((call) => [call, "no"] as const)],
  };
}

/** A field and its not-form, which matches whatever the field does not. */
export function source(field: keyof Source & string, values: string[], matches: Matches): Table[] {
  return bothForms(field, values, matches, (key) => ({ from: [{ source: { [key]: values } }] }));
}

export function operation(field: keyof Operation & string, values: string[], matches: Matches): Table[] {
  return bothForms(field, values, matches, (key) => ({ to: [{ operation: { [key]: values } }] }));
}

export function when(key: string, values: string[], matches: Matches): Table[] {
  const { yes, no } = matches;
  return [
    rule(`${key}: ${values}`, { when: [{ key, values }] }, matches),
    rule(`${key}, not: ${values}`, { when: [{ key, notValues: values }] }, { yes: no, no: yes }),
  ];
}

type Source = NonNullable<NonNullable<Rule["from"]>[number]["source"]>;
type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;

function bothForms(field: string, values: string[], matches: Matches, of: (key: string) => Rule): Table[] {
  const not = `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  const { yes, no } = matches;
  return [rule(`${field}: ${values}`, of(field), matches), rule(`${not}: ${values}`, of(not), { yes: no, no: yes })];
}
