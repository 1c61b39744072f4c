/**
 * The kernel's rules that lead a pod's TCP connections through its proxy: outgoing ones to port 15001, incoming ones
 * to 15006. Envoy finds where they were going by SO_ORIGINAL_DST. Everything but TCP, and DNS, is left alone.
 */
import { isIPv6 } from "node:net";
import { SIDECAR_MARK } from "../../envoy/bootstrap.ts";
import type { Interception } from "./interception.ts";
import { PROXY_UID } from "./settings.ts";

const TABLE = "inet istio";
const OUTBOUND = "redirect to :15001";
const INBOUND = "redirect to :15006";
/** The tunnel's port: what Envoy sends there is meant for the port itself. */
const TUNNEL = 15008;
/** Whence Envoy hands passed-through inbound connections to the app. */
const PASSTHROUGH_SOURCE = "127.0.0.6";

/** One nftables script. It replaces the table as a whole, so that it can be run again (a pod's sandbox may be kept). */
export function redirectRules(interception: Interception, discoveryPort: number): string {
  const { outbound, inbound, interfaces } = interception;
  const chains = [
    chain("inbound", "type nat hook prerouting priority dstnat; policy accept;", [
      ...interfaces.exclude.map((name) => `iifname "${name}" accept`),
      ...interfaces.reroute.flatMap((name) => rerouted(name, outbound)),
      ...inboundRules(inbound),
    ]),
    chain("outbound", "type nat hook output priority -100; policy accept;", [
      ...interfaces.exclude.map((name) => `oifname "${name}" accept`),
      ...outboundRules(outbound, discoveryPort),
    ]),
    chain("from_proxy", "", [
      // To the pod's own address: the app called a service and was chosen itself, so it enters as from outside.
      `oifname "lo" ip daddr != 127.0.0.1 tcp dport != ${TUNNEL} ${INBOUND}`,
      `oifname "lo" ip6 daddr != ::1 tcp dport != ${TUNNEL} ${INBOUND}`,
      "accept",
    ]),
  ];
  return `add table ${TABLE}\ndelete table ${TABLE}\ntable ${TABLE} {\n${chains.reverse().join("\n")}\n}\n`;
}

function inboundRules({ include, exclude }: Interception["inbound"]): string[] {
  const rules = exclude.length > 0 ? [`tcp dport ${set(exclude)} accept`] : [];
  if (include === "*") return [...rules, `meta l4proto tcp ${INBOUND}`];
  return include.length > 0 ? [...rules, `tcp dport ${set(include)} ${INBOUND}`] : [];
}

/** What comes in by this interface was sent by something within the pod, to which the pod is a router. */
function rerouted(name: string, { includeRanges, excludeRanges, excludePorts }: Interception["outbound"]): string[] {
  const from = `iifname "${name}"`;
  return [
    ...(excludePorts.length > 0 ? [`${from} tcp dport ${set(excludePorts)} accept`] : []),
    ...excludeRanges.map((range) => `${from} ${destination(range)} accept`),
    ...(includeRanges === "*"
      ? [`${from} meta l4proto tcp ${OUTBOUND}`]
      : includeRanges.map((range) => `${from} ${destination(range)} meta l4proto tcp ${OUTBOUND}`)),
    `${from} accept`,
  ];
}

function outboundRules(outbound: Interception["outbound"], discoveryPort: number): string[] {
  // DNS; and the control plane, whose connection Envoy cannot mark.
  const rules = ["meta l4proto != tcp accept", `tcp dport ${set([53, discoveryPort])} accept`];
  const add = (rule: string): void => {
    rules.push(rule);
  };
  if (outbound.excludePorts.length > 0) add(`tcp dport ${set(outbound.excludePorts)} accept`);
  add(`oifname "lo" ip saddr ${PASSTHROUGH_SOURCE} accept`);
  add('oifname "lo" ip6 saddr ::6 accept');
  add(`meta skuid ${PROXY_UID} goto from_proxy`);
  add(`meta mark ${SIDECAR_MARK} goto from_proxy`);
  // From the app to itself, by whatever address: between its own processes. Unless loopback is asked for.
  if (!asksForLoopback(outbound.includeRanges)) add('oifname "lo" accept');
  add("ip daddr 127.0.0.1 accept");
  add("ip6 daddr ::1 accept");
  for (const range of outbound.excludeRanges) add(`${destination(range)} accept`);
  if (outbound.includePorts === "*") add(`meta l4proto tcp ${OUTBOUND}`);
  else if (outbound.includePorts.length > 0) add(`tcp dport ${set(outbound.includePorts)} ${OUTBOUND}`);
  if (outbound.includeRanges === "*") add(`meta l4proto tcp ${OUTBOUND}`);
  else for (const range of outbound.includeRanges) add(`${destination(range)} meta l4proto tcp ${OUTBOUND}`);
  return rules;
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  const lines = hook === "" ? rules : [hook, ...rules];
  return `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join("")}  }`;
}

function set(ports: readonly number[]): string {
  return `{ ${[...new Set(ports)].sort((a, b) => a - b).join(", ")} }`;
}

function destination(range: string): string {
  return `${isIPv6(range.split("/")[0] ?? "") ? "ip6" : "ip"} daddr ${range}`;
}

function asksForLoopback(ranges: Interception["outbound"]["includeRanges"]): boolean {
  return ranges !== "*" && ranges.some((range) => range.startsWith("127.") || range.startsWith("::1/"));
}
