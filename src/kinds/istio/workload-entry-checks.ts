/** An endpoint: a WorkloadEntry, or a ServiceEntry's own. */
import { isIP } from "node:net";
import { checkUnixSocket } from "./address-checks.ts";
import { checkHost, checkLabels } from "./hosts-checks.ts";
import { eachEntry, type Report } from "./report.ts";
import { checkPort } from "./value-checks.ts";
import type { WorkloadEntrySpec } from "./workload-entry-schema.ts";

/** `names`: whether the address may be a DNS name. `ports`: those that a ServiceEntry has. */
export function checkWorkloadEntry(
  report: Report,
  field: string,
  entry: WorkloadEntrySpec,
  options: { names: boolean; ports?: ReadonlySet<string> },
): void {
  const { address = "", network } = entry;
  const unix = address.startsWith("unix://");
  if (address === "" && !network) {
    report("missing", `${field}.address`, "an endpoint needs an address", "give an IP address");
  } else if (unix) {
    checkUnixSocket(report, `${field}.address`, address);
    if (entry.ports && Object.keys(entry.ports).length > 0) {
      report("conflict", `${field}.ports`, "a Unix socket has no ports", "take them out");
    }
  } else if (address !== "" && isIP(address) === 0) {
    if (options.names) checkHost(report, `${field}.address`, address);
    else report("value", `${field}.address`, `"${address}" is no IP address`, "use resolution DNS for names");
  }
  checkLabels(report, `${field}.labels`, entry.labels);
  eachEntry(entry.ports, `${field}.ports`, (name, port, at) => {
    checkPortName(report, at, name);
    checkPort(report, at, port);
    if (options.ports && !options.ports.has(name)) {
      report("value", at, `the ServiceEntry has no port named "${name}"`, "use the names of spec.ports");
    }
  });
}

export function checkPortName(report: Report, field: string, name: string): void {
  if (!/^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(name) || name.length > 63) {
    report("value", field, `"${name}" is no name of a port`, "use letters, digits and dashes");
  }
}
