import type { Endpoint, Labels, LocalityBalancing } from "../../mesh/model.ts";

/** Endpoints of one locality at one priority. Envoy sends to a lower priority only what the higher ones cannot take. */
export interface Placed {
  name: string;
  priority: number;
  weight: number;
  endpoints: readonly Endpoint[];
}

interface Client {
  locality: string;
  labels: Labels;
}

/** Priorities and localities in order, without gaps between priorities, which Envoy refuses. */
export function byPriority(
  endpoints: readonly Endpoint[],
  balancing: LocalityBalancing | undefined,
  client: Client | undefined,
): Placed[] {
  const active = balancing?.enabled && client ? balancing : undefined;
  const distribution = active && client && distributionFor(active, client.locality);
  if (distribution) return distribute(endpoints, distribution);
  const rank = active && client ? ranking(active, client) : () => 0;
  const groups = new Map<string, { name: string; rank: number; endpoints: Endpoint[] }>();
  for (const endpoint of endpoints) {
    const key = `${rank(endpoint)}|${endpoint.locality}`;
    const group = groups.get(key) ?? { name: endpoint.locality, rank: rank(endpoint), endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpoint);
  }
  const ranks = [...new Set([...groups.values()].map((group) => group.rank))].sort((a, b) => a - b);
  return [...groups.values()]
    .map((group) => ({
      name: group.name,
      priority: ranks.indexOf(group.rank),
      weight: totalWeight(group.endpoints),
      endpoints: group.endpoints,
    }))
    .sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
}

/** How far an endpoint is from its client: 0 is nearest. */
function ranking(balancing: LocalityBalancing, client: Client): (endpoint: Endpoint) => number {
  if (balancing.failoverPriority.length > 0)
    return (endpoint) => labelRank(balancing.failoverPriority, client, endpoint);
  const [region = ""] = client.locality.split("/");
  const failover = balancing.failover.find(({ from }) => from === region)?.to;
  return (endpoint) => {
    const shared = sharedParts(client.locality, endpoint.locality);
    if (shared > 0) return 3 - shared;
    if (failover === undefined) return 3;
    return endpoint.locality.split("/")[0] === failover ? 3 : 4;
  };
}

/** Region, zone and subzone that both have, counted from the left. */
function sharedParts(one: string, other: string): number {
  const [a, b] = [one.split("/"), other.split("/")];
  let count = 0;
  while (count < 3 && (a[count] ?? "") === (b[count] ?? "") && (count > 0 || a[0] !== "")) count++;
  return count;
}

/** Istio's failoverPriority: `label` must be equal on both, `label=value` overrides the client's; the first miss counts. */
function labelRank(priorities: readonly string[], client: Client, endpoint: Endpoint): number {
  const missed = priorities.findIndex((entry) => {
    const [label = "", value] = entry.split("=");
    return endpoint.labels[label] !== (value ?? client.labels[label]);
  });
  return missed === -1 ? 0 : priorities.length - missed;
}

function distributionFor(balancing: LocalityBalancing, locality: string): Readonly<Record<string, number>> | undefined {
  return balancing.distribute.find(({ from }) => covers(from, locality))?.to;
}

/** `region/*`, `region/zone/*` or all of a locality. */
function covers(pattern: string, locality: string): boolean {
  if (pattern === "*") return true;
  return pattern.endsWith("/*")
    ? `${locality}/`.startsWith(pattern.slice(0, -1))
    : pattern === locality || `${locality}/`.startsWith(`${pattern}/`);
}

/** Percentages for some localities; the others get nothing. Localities under one pattern share it by their weight. */
function distribute(endpoints: readonly Endpoint[], to: Readonly<Record<string, number>>): Placed[] {
  const groups = Map.groupBy(endpoints, ({ locality }) => locality);
  const names = [...groups.keys()].sort();
  return Object.entries(to).flatMap(([pattern, percent]) => {
    const matched = names.filter((name) => covers(pattern, name));
    const total = matched.reduce((sum, name) => sum + totalWeight(groups.get(name) ?? []), 0);
    return matched.map((name) => {
      const mine = groups.get(name) ?? [];
      const weight = Math.max(1, Math.round((percent * 1000 * totalWeight(mine)) / total));
      return { name, priority: 0, weight, endpoints: mine };
    });
  });
}

function totalWeight(endpoints: readonly Endpoint[]): number {
  return Math.max(
    1,
    endpoints.reduce((sum, { weight }) => sum + weight, 0),
  );
}
