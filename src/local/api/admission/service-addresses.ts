/** Gives Services their cluster IPs and node ports, and keeps those that they have. */
import { type Service, type ServicePort, type ServiceSpec, serviceKind } from "../../../kinds/core/service.ts";
import type { Admission } from "../../../store/embedded/admission.ts";
import { StoreError } from "../../../store/error.ts";
import { type KubeObject, keyOf } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { listeningPorts } from "../../node/network/listening-ports.ts";

const NETWORK = "10.96.";
/** The API server and the cluster's DNS; and the network's own address and broadcast. */
const RESERVED: Readonly<Record<string, string>> = {
  "10.96.0.1": "default/kubernetes",
  "10.96.0.10": "kube-system/kube-dns",
  "10.96.0.0": "",
  "10.96.255.255": "",
};
/** Long enough for a write to be stored. */
const RESERVED_MS = 2000;
const NODE_PORTS = { first: 30000, last: 32767 };

/** `world` tells worlds on one machine apart: each begins to look for node ports at a place of its own. */
export function serviceAddresses(store: () => Pick<Store, "list">, world: string): Admission {
  // Given, but perhaps not stored yet: others must not get them meanwhile.
  const given = new Map<string, { key: string; until: number }>();
  return {
    async admit(operation, type, object, old) {
      if (type.group !== "" || type.plural !== "services" || !isService(object)) return object;
      const key = keyOf(object);
      if (operation === "delete") {
        for (const [what, { key: owner }] of given) if (owner === key) given.delete(what);
        return object;
      }
      const before = old && isService(old) ? old.spec : undefined;
      const kept = before ? withEarlier(object.spec, before) : object.spec;
      if (before && isComplete(kept, before)) return { ...object, spec: kept };
      const used = await inUse(store(), key);
      const now = Date.now();
      for (const [what, { key: owner, until }] of given) {
        if (until < now) given.delete(what);
        else if (owner !== key) used.add(what);
      }
      const spec = withNodePorts(withClusterIp(kept, before, key, used), used, world);
      for (const what of taken(spec)) given.set(what, { key, until: now + RESERVED_MS });
      return { ...object, spec };
    },
  };
}

function isService(object: KubeObject): object is Service {
  return object.kind === "Service";
}

/** Addresses and ports of all other Services. */
async function inUse(store: Pick<Store, "list">, key: string): Promise<Set<string>> {
  const services = await store.list<Service>(serviceKind.type);
  return new Set(services.items.filter((service) => keyOf(service) !== key).flatMap(({ spec }) => taken(spec)));
}

function taken(spec: ServiceSpec): string[] {
  const ports = (spec.ports ?? []).map((port) => (port.nodePort ? `:${port.nodePort}` : ""));
  return [spec.clusterIP === "None" ? "" : (spec.clusterIP ?? ""), ...ports].filter(Boolean);
}

function withClusterIp(
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  key: string,
  used: Set<string>,
): ServiceSpec {
  if (spec.type === "ExternalName") {
    const { clusterIP, clusterIPs, ...rest } = spec;
    return rest;
  }
  const clusterIP = spec.clusterIP || spec.clusterIPs?.[0] || freeAddress(key, used);
  if (clusterIP !== "None" && clusterIP !== before?.clusterIP) checkAddress(clusterIP, key, used);
  return { ...spec, clusterIP, clusterIPs: [clusterIP] };
}

function freeAddress(key: string, used: ReadonlySet<string>): string {
  const mine = Object.keys(RESERVED).find((address) => RESERVED[address] === key);
  if (mine) return mine;
  // From a place that depends on the name, so that a Service made anew mostly gets its old address.
  const start = hash(key);
  for (let i = 0; i < 65536; i++) {
    const at = (start + i) % 65536;
    const address = `${NETWORK}${at >> 8}.${at & 255}`;
    if (RESERVED[address] === undefined && !used.has(address)) return address;
  }
  throw new StoreError(
    "ServiceUnavailable",
    "no cluster IP is left in 10.96.0.0/16: delete Services that are not needed",
  );
}

function checkAddress(address: string, key: string, used: ReadonlySet<string>): void {
  const refuse = (why: string): never => {
    throw new StoreError(
      "Invalid",
      `Service ${JSON.stringify(key)} is invalid: spec.clusterIPs: Invalid value: ${JSON.stringify([address])}: ${why}`,
    );
  };
  if (!/^10\.96\.\d{1,3}\.\d{1,3}$/.test(address))
    refuse("the provided IP is not in the valid range 10.96.0.0/16; leave out spec.clusterIP to get a free one");
  const owner = RESERVED[address];
  if (used.has(address) || (owner !== undefined && owner !== key)) refuse("provided IP is already allocated");
}

/** What the Service has already, where the new version leaves it out. */
function withEarlier(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const address = spec.clusterIP || spec.clusterIPs?.[0] || before.clusterIP;
  const ports = spec.ports?.map((port): ServicePort => {
    const same = before.ports?.find((one) => one.port === port.port && one.protocol === port.protocol);
    return port.nodePort || !same?.nodePort ? port : { ...port, nodePort: same.nodePort };
  });
  return {
    ...spec,
    ...(spec.type !== "ExternalName" && address && { clusterIP: address, clusterIPs: [address] }),
    ...(ports && { ports: opensNodePorts(spec) ? ports : (spec.ports ?? []) }),
  };
}

/** Whether nothing is left to give or to check. */
function isComplete(spec: ServiceSpec, before: ServiceSpec): boolean {
  const known = new Set(taken(before));
  const given = (spec.ports ?? []).every((port) => port.nodePort !== undefined && known.has(`:${port.nodePort}`));
  const open = opensNodePorts(spec);
  const ports = open ? given : (spec.ports ?? []).every((port) => port.nodePort === undefined);
  return ports && spec.type !== "ExternalName" && spec.clusterIP === before.clusterIP && !!spec.clusterIP;
}

function opensNodePorts(spec: ServiceSpec): boolean {
  return spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
}

function withNodePorts(spec: ServiceSpec, used: ReadonlySet<string>, world: string): ServiceSpec {
  if (!spec.ports) return spec;
  if (!opensNodePorts(spec)) return { ...spec, ports: spec.ports.map(({ nodePort, ...port }) => port) };
  const mine = new Set<number>();
  const ports = spec.ports.map((port): ServicePort => {
    const nodePort = port.nodePort || freePort(used, mine, `${world}:${port.port}`);
    if (used.has(`:${nodePort}`)) {
      throw new StoreError(
        "Invalid",
        `Service is invalid: spec.ports: Invalid value: ${nodePort}: provided port is already allocated`,
      );
    }
    mine.add(nodePort);
    return { ...port, nodePort };
  });
  return { ...spec, ports };
}

/** One that no Service has and on which nobody on this machine listens. */
function freePort(used: ReadonlySet<string>, mine: ReadonlySet<number>, place: string): number {
  const count = NODE_PORTS.last - NODE_PORTS.first + 1;
  const start = hash(place) % count;
  const listening = listeningPorts();
  for (let i = 0; i < count; i++) {
    const candidate = NODE_PORTS.first + ((start + i) % count);
    if (!mine.has(candidate) && !used.has(`:${candidate}`) && !listening.has(candidate)) return candidate;
  }
  throw new StoreError("ServiceUnavailable", "no node port is left between 30000 and 32767");
}

/** FNV-1a in 16 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return (value ^ (value >>> 16)) & 0xffff;
}
