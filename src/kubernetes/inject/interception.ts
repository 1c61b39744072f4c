/** What of a pod's traffic goes through its proxy, from the pod's annotations. */
import { isIP } from "node:net";
import type { Labels } from "../../mesh/model.ts";
import { InjectionError } from "./error.ts";

/** "*" for all. */
type Ports = "*" | readonly number[];
type Ranges = "*" | readonly string[];

/** Annotations without their prefix: what they say, or what holds where a pod has none. */
export interface InterceptionTexts {
  includeOutboundIPRanges: string;
  excludeOutboundIPRanges: string;
  includeOutboundPorts: string;
  excludeOutboundPorts: string;
  includeInboundPorts: string;
  excludeInboundPorts: string;
}

export interface Interception {
  outbound: {
    includeRanges: Ranges;
    excludeRanges: readonly string[];
    /** Redirected whatever their address is. */
    includePorts: Ports;
    excludePorts: readonly number[];
  };
  inbound: { include: Ports; exclude: readonly number[] };
  interfaces: {
    /** Left alone both ways. */
    exclude: readonly string[];
    /** What comes in by them is what something in the pod sends out: virtual machines, docker in the pod. */
    reroute: readonly string[];
  };
}

/** Ports of the proxy itself: metrics, health, admin, tunnel; and SSH, which people need when all else fails. */
const OWN_PORTS = [22, 15000, 15008, 15020, 15021, 15090];

const PREFIX = "traffic.sidecar.istio.io/";
const REROUTE = "istio.io/reroute-virtual-interfaces";

export function interceptionOf(annotations: Labels, defaults: InterceptionTexts, statusPort: number): Interception {
  const text = (name: keyof InterceptionTexts): string => annotations[PREFIX + name] ?? defaults[name];
  const ports = (name: keyof InterceptionTexts): number[] => portsIn(text(name), PREFIX + name);
  const ranges = (name: keyof InterceptionTexts): string[] => rangesIn(text(name), PREFIX + name);
  const all = (name: keyof InterceptionTexts): boolean => text(name).trim() === "*";
  const reroute = annotations[REROUTE] === undefined ? `${PREFIX}kubevirtInterfaces` : REROUTE;
  const own = [...OWN_PORTS, statusPort, ...ports("excludeInboundPorts")];
  return {
    outbound: {
      includeRanges: all("includeOutboundIPRanges") ? "*" : ranges("includeOutboundIPRanges"),
      excludeRanges: ranges("excludeOutboundIPRanges"),
      includePorts: all("includeOutboundPorts") ? "*" : ports("includeOutboundPorts"),
      excludePorts: ports("excludeOutboundPorts"),
    },
    inbound: {
      include: all("includeInboundPorts") ? "*" : ports("includeInboundPorts"),
      exclude: [...new Set(own)].filter((port) => port !== 0).sort((a, b) => a - b),
    },
    interfaces: {
      exclude: interfacesIn(annotations, `${PREFIX}excludeInterfaces`),
      reroute: interfacesIn(annotations, reroute),
    },
  };
}

function itemsOf(list: string | undefined): string[] {
  return (list ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function portsIn(list: string, annotation: string): number[] {
  return itemsOf(list).map((item) => {
    const port = /^[0-9]{1,5}$/.test(item) ? Number(item) : -1;
    if (port >= 0 && port <= 65535) return port;
    throw new InjectionError(
      annotation,
      `"${item}" is not a port`,
      "write numbers from 0 to 65535 with commas between",
    );
  });
}

function rangesIn(list: string, annotation: string): string[] {
  return itemsOf(list).map((item) => {
    const [address = "", bits, ...rest] = item.split("/");
    const family = isIP(address);
    const limit = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? limit : /^[0-9]{1,3}$/.test(bits) ? Number(bits) : -1;
    // A zone (fe80::1%eth0) is an address to isIP, but not to the kernel's rules.
    if (family !== 0 && !address.includes("%") && rest.length === 0 && prefix >= 0 && prefix <= limit) {
      return `${address}/${prefix}`;
    }
    throw new InjectionError(
      annotation,
      `"${item}" is not an IP range`,
      "write ranges such as 10.0.0.0/8 with commas between",
    );
  });
}

function interfacesIn(annotations: Labels, annotation: string): string[] {
  return itemsOf(annotations[annotation]).map((item) => {
    // They come into the kernel's rules as text.
    if (/^[A-Za-z0-9_.-]{1,15}$/.test(item)) return item;
    throw new InjectionError(
      annotation,
      `"${item}" is not the name of a network interface`,
      "write names such as net1 with commas between",
    );
  });
}
