/**
 * Which addresses the control plane fetches from. A policy's author chooses the URL, and may be allowed to ask less of
 * the network than the control plane can: so what only the control plane reaches must not be reached through it.
 */
import { BlockList, isIP } from "node:net";

export interface AddressRules {
  /** Networks in CIDR notation that may be asked although they are inside. */
  allowedNetworks: readonly string[];
  /** Hosts whose addresses may be inside. */
  allowedHosts: readonly string[];
  /** Whether the mesh itself lives there: a pod, a Service. */
  isInternal(address: string): boolean;
}

/** Nobody's key set is there, but much that trusts whoever gets that far: no setting allows these. */
const NEVER = networks([
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // unspecified, loopback, and IPv4 in an old notation
  "::/96",
  "fe80::/10",
  "ff00::/8",
  // the same again behind NAT64
  "64:ff9b::/104",
  "64:ff9b::7f00:0/104",
  "64:ff9b::a9fe:0/112",
  // metadata of clouds that is not link-local: Azure, Alibaba, Oracle, AWS, Google
  "168.63.129.16/32",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
]);

/** Inside of somebody's network, or a tunnel that may lead there. */
const INSIDE = networks([
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "fc00::/7",
  "fec0::/10",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2001::/32",
  "2002::/16",
]);

/** Why nothing is fetched from an address; undefined when it may be asked. */
export function addressRefusal(host: string, address: string, rules: AddressRules): string | undefined {
  if (isIP(address) === 0) return `${address} is no address`;
  if (covers(NEVER, address)) return `${address} is loopback, link-local, multicast or a cloud's metadata`;
  if (!covers(INSIDE, address) && !rules.isInternal(address)) return undefined;
  if (rules.allowedHosts.includes(host) || covers(networks(rules.allowedNetworks), address)) return undefined;
  return `${address} is inside the network, and not among those that meshConfig allows`;
}

/** What cannot be read as a network allows nothing. */
function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", bits = ""] = cidr.split("/");
    const family = isIP(address);
    const prefix = Number(bits);
    if (family === 0 || !/^\d+$/.test(bits) || prefix > (family === 4 ? 32 : 128)) continue;
    list.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

/** IPv4 in IPv6's notation is taken for what it is. */
function covers(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}
