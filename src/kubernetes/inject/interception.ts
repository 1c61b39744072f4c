/** What of a pod's traffic goes through its proxy, from the pod's annotations. */
import { isIP } from "node:net";
import type { Labels } from "../../mesh/model.ts";
import { InjectionError } from "./error.ts";

/** "*" for all. */
type Ports = "*" | readonly number[];
type Ranges = "*" | readonly string[];

export interface Interception {
  outbound: {
    includeRanges: Ranges;
    excludeRanges: readonly string[];
    /** Redirected whatever their address is. */
    includePorts: Ports;
    excludePorts: readonly number[];
  };
  inbound: { include: Ports; exclude: readonly number[] };
}

/** Ports of the proxy itself: metrics, health, admin, tunnel; and SSH, which people need when all else fails. */
const OWN_PORTS = [22, 15000, 15008, 15020, 15021, 15090];

const PREFIX = "traffic.sidecar.istio.io/";

/** Undefined: nothing is to be redirected (`sidecar.istio.io/interceptionMode: NONE`). */
export function interceptionOf(annotations: Labels): Interception | undefined {
  if (annotations["sidecar.istio.io/interceptionMode"] === "NONE") return undefined;
  const text = (name: string): string | undefined => annotations[PREFIX + name];
  const status = annotations["status.sidecar.istio.io/port"];
  const excluded = [
    ...OWN_PORTS,
    ...portsIn(text("excludeInboundPorts"), "excludeInboundPorts"),
    ...(status === undefined ? [] : [portIn(status, "status.sidecar.istio.io/port")]),
  ];
  return {
    outbound: {
      includeRanges: wildcard(text("includeOutboundIPRanges") ?? "*", (list) =>
        rangesIn(list, "includeOutboundIPRanges"),
      ),
      excludeRanges: rangesIn(text("excludeOutboundIPRanges"), "excludeOutboundIPRanges"),
      includePorts: wildcard(text("includeOutboundPorts") ?? "", (list) => portsIn(list, "includeOutboundPorts")),
      excludePorts: portsIn(text("excludeOutboundPorts"), "excludeOutboundPorts"),
    },
    inbound: {
      include: wildcard(text("includeInboundPorts") ?? "*", (list) => portsIn(list, "includeInboundPorts")),
      exclude: [...new Set(excluded)].filter((port) => port !== 0).sort((a, b) => a - b),
    },
  };
}

function wildcard<T>(text: string, parse: (list: string) => T): "*" | T {
  return text.trim() === "*" ? "*" : parse(text);
}

function itemsOf(list: string | undefined): string[] {
  return (list ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function portsIn(list: string | undefined, name: string): number[] {
  return itemsOf(list).map((item) => portIn(item, PREFIX + name));
}

function portIn(item: string, annotation: string): number {
  const port = /^[0-9]{1,5}$/.test(item) ? Number(item) : -1;
  if (port >= 0 && port <= 65535) return port;
  throw new InjectionError(annotation, `"${item}" is not a port`, "write numbers from 0 to 65535 with commas between");
}

function rangesIn(list: string | undefined, name: string): string[] {
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
      PREFIX + name,
      `"${item}" is not an IP range`,
      "write ranges such as 10.0.0.0/8 with commas between",
    );
  });
}
