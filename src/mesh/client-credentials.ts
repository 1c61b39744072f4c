/** Credentials that DestinationRules name: what proxies show to services outside, and by which roots they know them. */
import type { Reader } from "../engine/derived.ts";
import type { DestinationRuleSpec } from "../kinds/istio/destination-rule-schema.ts";
import type { TrafficPolicySpec } from "../kinds/istio/traffic-policy-schema.ts";
import type { Credentials } from "./credentials.ts";
import type { DestinationRules } from "./destination-rules.ts";
import type { HeldCredential } from "./held-credential.ts";
import { isExportedTo } from "./hosts.ts";
import { type Client, clientMatches } from "./selectors.ts";

export function credentialNamesIn({ trafficPolicy, subsets = [] }: DestinationRuleSpec): string[] {
  const policies = [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)];
  return [...new Set(policies.flatMap(namesIn))];
}

function namesIn(policy: TrafficPolicySpec | undefined): string[] {
  const all = [policy?.tls, ...(policy?.portLevelSettings ?? []).map(({ tls }) => tls)];
  return all.flatMap((tls) => tls?.credentialName || []);
}

const SCHEME = "kubernetes://";
const ROOTS = "-cacert";

/**
 * What a client may be given under a name, as the Secrets of its own namespace have it: if a rule for it says so. To a
 * sidecar only a rule for certain workloads gives something: others would hand keys to everybody.
 */
export function clientCredential(
  rules: DestinationRules,
  credentials: Credentials,
  read: Reader,
  client: Client & { type: "Sidecar" | "Gateway" },
  resource: string,
): HeldCredential | undefined {
  if (!resource.startsWith(SCHEME)) return undefined;
  const name = resource.slice(SCHEME.length);
  const named = (credential: string): boolean =>
    [...read.bucket(rules.byCredential, credential).values()].some(
      ({ exportTo, origin, selector }) =>
        isExportedTo(exportTo, origin.namespace, client.namespace) &&
        clientMatches(client, selector) &&
        (client.type === "Gateway" || Object.keys(selector).length > 0),
    );
  const own = `${client.namespace}/${name}`;
  if (named(name)) return { resource, part: "KeyPair", kind: "Secret", objects: [own] };
  const base = name.endsWith(ROOTS) ? name.slice(0, -ROOTS.length) : "";
  if (base === "" || !named(base)) return undefined;
  const held = read.get(credentials.secrets, own) ? own : `${client.namespace}/${base}`;
  return { resource, part: "Roots", kind: "Secret", objects: [held] };
}
