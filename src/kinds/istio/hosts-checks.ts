/** Names of hosts, namespaces and labels. */
import { isIP } from "node:net";
import type { Report } from "./report.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/i;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function isDnsLabel(text: string): boolean {
  return NAMESPACE.test(text);
}

/** What keeps `host` from being a full name, with `*` as its first label where that is allowed; or undefined. */
export function hostFault(host: string, options: { wildcard?: boolean; ip?: boolean } = {}): string | undefined {
  if (host === "") return "is empty";
  if (isIP(host) !== 0) return options.ip ? undefined : "is an IP address, not a name";
  if (host.length > 255) return "is longer than 255 characters";
  if (host.includes("://")) return "is a URL, not a host name";
  if (/:\d+$/.test(host)) return "has a port, which belongs elsewhere";
  const labels = host.replace(/\.$/, "").split(".");
  const first = labels[0] ?? "";
  if (first.includes("*") && !options.wildcard) return "is a wildcard, which is not allowed here";
  if (first.includes("*") && !/^\*(-?[a-z0-9-]*[a-z0-9])?$/i.test(first)) return "has a * that does not come first";
  const rest = first.includes("*") ? labels.slice(1) : labels;
  const bad = rest.find((label) => !LABEL.test(label));
  if (bad !== undefined)
    return bad === "" ? "has an empty part between dots" : `has the part "${bad}", which is no DNS label`;
  const last = rest.at(-1);
  if (last !== undefined && /^\d+$/.test(last)) return "ends in a number, as only addresses do";
  return undefined;
}

export function checkHost(
  report: Report,
  field: string,
  host: string,
  options?: { wildcard?: boolean; ip?: boolean },
): void {
  const fault = hostFault(host, options);
  if (fault !== undefined)
    report("value", field, `host "${host}" ${fault}`, "name a DNS name such as reviews.default.svc.cluster.local");
}

const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export function checkLabels(report: Report, field: string, labels: Readonly<Record<string, string>> | undefined): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const at = `${field}[${key}]`;
    if (key.includes("*") || value.includes("*"))
      report("value", at, "labels are compared as they are: * matches nothing");
    else if (!KEY.test(key)) report("value", at, `"${key}" is no label key`);
    else if (!VALUE.test(value)) report("value", at, `"${value}" is no label value`);
  }
}

/** Namespaces that see the object: `*`, `.` or names. `~`, nobody, only for ServiceEntries. */
export function checkExportTo(
  report: Report,
  exportTo: readonly string[] | undefined,
  namespace: string,
  options: { nobody?: boolean } = {},
): void {
  const field = "spec.exportTo";
  const seen = new Set<string>();
  (exportTo ?? []).forEach((to, i) => {
    const key = to === "." ? namespace : to;
    if (seen.has(key)) report("duplicate", `${field}[${i}]`, `"${to}" names a namespace that is listed already`);
    seen.add(key);
    const special = to === "*" || to === "." || (to === "~" && options.nobody);
    if (!special && !isDnsLabel(to)) {
      report("value", `${field}[${i}]`, `"${to}" is no namespace`, 'use ".", "*" or the names of namespaces');
    }
  });
  for (const alone of ["*", "~"]) {
    if (seen.has(alone) && seen.size > 1) {
      report("conflict", field, `"${alone}" cannot stand beside other namespaces`, "leave one or the other out");
    }
  }
}
