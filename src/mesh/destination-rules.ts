/** DestinationRules, and which of them a client's requests to a host obey. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { DestinationRule, DestinationRuleSpec, SubsetSpec } from "../kinds/istio/destination-rule-schema.ts";
import type { PortTrafficPolicySpec, TrafficPolicySpec } from "../kinds/istio/traffic-policy-schema.ts";
import { byAge, createdAt } from "./age.ts";
import { credentialNamesIn } from "./client-credentials.ts";
import { hostAndWildcards, isExportedTo, resolveHost } from "./hosts.ts";
import type { MeshInputs } from "./inputs.ts";
import type { DestinationPolicy, Labels, MeshSettings, ObjectRef, Service, TrafficPolicy } from "./model.ts";
import { type Client, clientMatches } from "./selectors.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { overlay, trafficPolicy, withPort } from "./traffic-policy.ts";

interface DestinationRuleRow {
  origin: ObjectRef;
  createdAt: number;
  host: string;
  exportTo: readonly string[];
  /** Empty: for every client. */
  selector: Labels;
  spec: DestinationRuleSpec;
}

export interface DestinationRules {
  rows: Collection<DestinationRuleRow>;
  /** Bucket `namespace/host`, wildcards as they are written. */
  byNamespaceAndHost: Index<DestinationRuleRow>;
  /** By the names of the Secrets that they name. */
  byCredential: Index<DestinationRuleRow>;
}

export function wireDestinationRules(
  graph: Graph,
  inputs: Pick<MeshInputs, "destinationRules">,
  settings: Collection<MeshSettings>,
): DestinationRules {
  const rows = graph.derive<DestinationRule, DestinationRuleRow>(
    "destination rules",
    inputs.destinationRules,
    (_key, { metadata, spec }, read) => {
      const { clusterDomain } = read.get(settings, "") ?? DEFAULT_SETTINGS;
      if (!spec) return undefined;
      const { name, namespace = "" } = metadata;
      const selector = spec.workloadSelector?.matchLabels ?? {};
      return {
        origin: { kind: "networking.istio.io/DestinationRule", namespace, name },
        createdAt: createdAt(metadata),
        host: resolveHost(spec.host, namespace, clusterDomain),
        // A rule for certain workloads concerns those of its own namespace only.
        exportTo: Object.keys(selector).length > 0 ? ["."] : (spec.exportTo ?? []),
        selector,
        spec,
      };
    },
  );
  return {
    rows,
    byNamespaceAndHost: graph.index(rows, "namespace and host", ({ origin, host }) => [`${origin.namespace}/${host}`]),
    byCredential: graph.index(rows, "credential", ({ spec }) => credentialNamesIn(spec)),
  };
}

/**
 * The policy for a service: of the client's namespace, else of the service's, else of the root namespace; there of the
 * closest host. Rules for one host are merged, the oldest first: subsets add up, the first traffic policy stays.
 */
export function destinationPolicy(
  rules: DestinationRules,
  read: Reader,
  settings: MeshSettings,
  client: Client,
  service: Pick<Service, "host" | "namespace">,
): DestinationPolicy | undefined {
  const namespaces = [...new Set([client.namespace, service.namespace, settings.rootNamespace])];
  for (const namespace of namespaces) {
    // The root namespace's rules are for everyone: for its own clients a service's own rules still come first.
    const ownOnly = namespace === client.namespace && namespace === settings.rootNamespace;
    const found = closest(rules, read, client, namespace, service.host, ownOnly && service.namespace !== namespace);
    if (found) return found;
  }
  return client.namespace === settings.rootNamespace
    ? closest(rules, read, client, settings.rootNamespace, service.host, false)
    : undefined;
}

function closest(
  rules: DestinationRules,
  read: Reader,
  client: Client,
  namespace: string,
  host: string,
  privateOnly: boolean,
): DestinationPolicy | undefined {
  for (const pattern of hostAndWildcards(host)) {
    const rows = [...read.bucket(rules.byNamespaceAndHost, `${namespace}/${pattern}`).values()].filter(
      (row) =>
        isExportedTo(row.exportTo, namespace, client.namespace) &&
        clientMatches(client, row.selector) &&
        (!privateOnly || (row.exportTo.length === 1 && row.exportTo[0] === ".")),
    );
    if (rows.length > 0) return merged(rows.sort(bySelectorThenAge), host);
  }
  return undefined;
}

/** What is meant for certain workloads goes before what is meant for all. */
function bySelectorThenAge(a: DestinationRuleRow, b: DestinationRuleRow): number {
  const general = (row: DestinationRuleRow): number => (Object.keys(row.selector).length > 0 ? 0 : 1);
  return general(a) - general(b) || byAge(a, b);
}

function merged(rows: DestinationRuleRow[], host: string): DestinationPolicy {
  const subsets = new Map<string, { subset: SubsetSpec; origin: ObjectRef }>();
  for (const { spec, origin } of rows) {
    for (const subset of spec.subsets ?? []) {
      if (!subsets.has(subset.name)) subsets.set(subset.name, { subset, origin });
    }
  }
  const leading = rows.find(({ spec }) => spec.trafficPolicy) ?? rows[0];
  const base = leading?.spec.trafficPolicy ?? {};
  const origin = leading?.origin ?? { kind: "", namespace: "", name: "" };
  return {
    host,
    origins: rows.map((row) => row.origin),
    selective: Object.keys(leading?.selector ?? {}).length > 0,
    policy: trafficPolicy(base, origin),
    ports: byPort(base, undefined, origin),
    subsets: [...subsets.values()].map(({ subset, origin: from }) => ({
      name: subset.name,
      labels: subset.labels ?? {},
      policy: trafficPolicy(overlay(base, subset.trafficPolicy), from),
      ports: byPort(base, subset.trafficPolicy, from),
    })),
  };
}

/** For each port with settings of its own: the rule's first, then the subset's over them. */
function byPort(
  base: TrafficPolicySpec,
  over: TrafficPolicySpec | undefined,
  origin: ObjectRef,
): Record<number, TrafficPolicy> {
  const own = settingsByPort(base);
  const subset = settingsByPort(over);
  const policies = [...new Set([...own.keys(), ...subset.keys()])].map((number) => {
    const below = withPort(base, own.get(number));
    const level = subset.get(number);
    return [number, trafficPolicy(level ? withPort(below, level) : overlay(below, over), origin)] as const;
  });
  return Object.fromEntries(policies);
}

function settingsByPort(policy: TrafficPolicySpec | undefined): Map<number, PortTrafficPolicySpec> {
  return new Map(
    (policy?.portLevelSettings ?? []).flatMap((level) => (level.port?.number ? [[level.port.number, level]] : [])),
  );
}
