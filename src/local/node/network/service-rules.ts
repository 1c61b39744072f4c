/**
 * Services as nftables rules of the node's network namespace: a map from address, protocol and port to a chain, and a
 * chain per Service port that picks an endpoint. What changes is a difference of both, applied in one transaction.
 */
import { API_SERVICE_IP, DNS_SERVICE_IP, SERVICE_CIDR } from "../addresses.ts";
import type { ServiceState } from "./service-state.ts";

/** A Service port that has endpoints. Keyed by its map element, `10.96.3.4 . tcp . 9080`. */
export interface Rules {
  chains: ReadonlyMap<string, string>;
  /** Endpoints' addresses: a pod that reaches itself through a Service must not see its own address as the source. */
  addresses: ReadonlySet<string>;
}

const TABLE = "ip lateen";

/** Answered by the agent on the node itself, so that they work before any rule does. */
const ANSWERED_HERE: readonly string[] = [API_SERVICE_IP, DNS_SERVICE_IP];

export function rulesOf(services: Iterable<ServiceState>): Rules {
  const chains = new Map<string, string>();
  const addresses = new Set<string>();
  for (const service of services) {
    for (const ip of service.clusterIPs) {
      if (ANSWERED_HERE.includes(ip)) continue;
      for (const { protocol, port, targets } of service.ports) {
        if (targets.length === 0) continue;
        // A random endpoint per connection; for a sticky Service always the same one per client address.
        const pick = service.sticky ? "jhash ip saddr" : "numgen random";
        const seed = service.sticky ? " seed 0x1a7ee9" : "";
        const choices = targets.map((target, at) => `${at} : ${target.ip} . ${target.port}`).join(", ");
        chains.set(
          `${ip} . ${protocol} . ${port}`,
          `meta l4proto ${protocol} dnat ip to ${pick} mod ${targets.length}${seed} map { ${choices} }`,
        );
        for (const target of targets) addresses.add(target.ip);
      }
    }
  }
  return { chains, addresses };
}

export const NO_RULES: Rules = { chains: new Map(), addresses: new Set() };

/** Makes the table anew, with these rules and nothing else. */
export function wholeTable(rules: Rules): string {
  const refuse = `ip daddr ${SERVICE_CIDR} ip daddr != { ${ANSWERED_HERE.join(", ")} }`;
  return `table ${TABLE} {}
delete table ${TABLE}
table ${TABLE} {
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  set itself { type ipv4_addr . ipv4_addr; }
  chain prerouting { type nat hook prerouting priority dstnat; ip daddr . meta l4proto . th dport vmap @services; }
  chain output { type nat hook output priority -100; ip daddr . meta l4proto . th dport vmap @services; }
  chain postrouting {
    type nat hook postrouting priority srcnat
    ct status dnat ip saddr . ip daddr @itself masquerade
  }
  chain forward {
    type filter hook forward priority filter
    ${refuse} meta l4proto tcp reject with tcp reset
    ${refuse} reject
  }
  chain local {
    type filter hook output priority filter
    ${refuse} meta l4proto tcp reject with tcp reset
    ${refuse} reject
  }
}
${rulesDifference(NO_RULES, rules)}`;
}

/** The commands that lead from one set of rules to another; "" when they are the same. */
export function rulesDifference(before: Rules, after: Rules): string {
  const lines: string[] = [];
  for (const [element, body] of after.chains) {
    const old = before.chains.get(element);
    if (old === body) continue;
    const chain = chainName(element);
    lines.push(`add chain ${TABLE} ${chain}`, `flush chain ${TABLE} ${chain}`, `add rule ${TABLE} ${chain} ${body}`);
    if (old === undefined) lines.push(`add element ${TABLE} services { ${element} : goto ${chain} }`);
  }
  for (const element of before.chains.keys()) {
    if (after.chains.has(element)) continue;
    const chain = chainName(element);
    lines.push(
      `delete element ${TABLE} services { ${element} }`,
      `flush chain ${TABLE} ${chain}`,
      `delete chain ${TABLE} ${chain}`,
    );
  }
  const pairs = (ips: string[]) => ips.map((ip) => `${ip} . ${ip}`).join(", ");
  const added = [...after.addresses].filter((ip) => !before.addresses.has(ip));
  const gone = [...before.addresses].filter((ip) => !after.addresses.has(ip));
  if (added.length > 0) lines.push(`add element ${TABLE} itself { ${pairs(added)} }`);
  if (gone.length > 0) lines.push(`delete element ${TABLE} itself { ${pairs(gone)} }`);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function chainName(element: string): string {
  return `to-${element.replaceAll(" . ", "-")}`;
}
