/** What stands in front of a Gateway's proxies: a Service that is made for it, or one that it names. */
import type { Reader } from "../../engine/derived.ts";
import type { ServiceObject } from "../kubernetes.ts";
import type { Workloads } from "../workloads.ts";
import type { Fault } from "./conditions.ts";
import type { GatewayParsed } from "./objects.ts";

/** The name of what is deployed for a Gateway. */
export function deployedName(gateway: Pick<GatewayParsed, "name" | "annotations" | "spec">): string {
  return gateway.annotations["gateway.istio.io/name-override"] ?? `${gateway.name}-${gateway.spec.gatewayClassName}`;
}

/**
 * The Service that a Gateway names in `spec.addresses`, by host name, as Istio's manual deployment has it;
 * undefined: one is deployed for it.
 */
export function namedService(gateway: Pick<GatewayParsed, "namespace" | "spec">, clusterDomain: string) {
  const hosts = (gateway.spec.addresses ?? [])
    .filter(({ type }) => type === "Hostname")
    .map(({ value }) => value ?? "");
  const [host] = hosts.filter((value) => value !== "");
  if (host === undefined) return undefined;
  const suffix = `.svc.${clusterDomain}`;
  const [name = "", namespace = gateway.namespace] = (host.endsWith(suffix) ? host.slice(0, -suffix.length) : host)
    .replace(/\.svc$/, "")
    .split(".");
  return { host, service: `${namespace}/${name}` };
}

export function missingService(host: string, service: string): Fault {
  return { reason: "AddressNotUsable", message: `address ${host}: there is no Service ${service}` };
}

export function ipAddresses({ spec }: GatewayParsed): string[] {
  return (spec.addresses ?? []).flatMap(({ type, value }) => (type === "IPAddress" && value ? [value] : []));
}

export function unsupportedAddress({ spec }: GatewayParsed): Fault | undefined {
  const other = spec.addresses?.find(({ type }) => type !== "Hostname" && type !== "IPAddress");
  return (
    other && {
      reason: "UnsupportedAddress",
      message: `addresses of type ${other.type} are not served: use IPAddress, or Hostname for a Service of your own`,
    }
  );
}

/** The gateway workloads behind a Service. */
export function selectedWorkloads(service: ServiceObject | undefined, workloads: Workloads, read: Reader): string[] {
  const selector = Object.entries(service?.spec?.selector ?? {});
  const [first] = selector;
  const namespace = service?.metadata.namespace ?? "";
  if (!first) return [];
  const candidates = read.bucket(workloads.byLabel, `${namespace}/${first[0]}=${first[1]}`);
  const names = [...candidates.values()]
    .filter(({ proxy, labels }) => proxy === "Gateway" && selector.every(([key, value]) => labels[key] === value))
    .map(({ workload }) => `${namespace}/${workload}`);
  return [...new Set(names)].sort();
}
