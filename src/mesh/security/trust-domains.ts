/** Identities of other trust domains that count as our own: the mesh's trust domain and its aliases. */
import type { MeshSettings } from "../model.ts";

export type TrustDomains = Pick<MeshSettings, "trustDomain" | "trustDomainAliases">;

/** Stands for the mesh's trust domain, whatever that is. */
const LOCAL = "cluster.local";

/** Principals (`cluster.local/ns/default/sa/sleep`) of our trust domain also under its aliases, and the other way. */
export function withAliases(ours: TrustDomains, principals: readonly string[]): string[] {
  const domains = [ours.trustDomain, ...ours.trustDomainAliases];
  const all = principals.flatMap((principal) => {
    const [domain = "", ...rest] = principal.split("/");
    if (rest.length !== 4 || domain === "*") return [principal];
    if (domain !== LOCAL && !domains.some((each) => alike(domain, each))) return [principal];
    return domains.map((each) => (endsLike(each, domain) ? principal : [each, ...rest].join("/")));
  });
  return [...new Set(all)];
}

export function withTrustDomainAliases(ours: TrustDomains, values: readonly string[]): string[] {
  const domains = [ours.trustDomain, ...ours.trustDomainAliases];
  return [...new Set(values.flatMap((value) => (domains.includes(value) ? domains : [value])))];
}

/** Either may have a star at one end. */
function alike(a: string, b: string): boolean {
  return a === b || b === "*" || startsLike(a, b) || startsLike(b, a) || endsLike(a, b) || endsLike(b, a);
}

function startsLike(text: string, pattern: string): boolean {
  return pattern.endsWith("*") && text.startsWith(pattern.slice(0, -1));
}

function endsLike(text: string, pattern: string): boolean {
  return pattern.startsWith("*") && text.endsWith(pattern.slice(1));
}
