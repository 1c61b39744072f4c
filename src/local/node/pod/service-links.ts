import type { Service } from "../resources.ts";

/** The variables by which containers find Services without DNS: `REVIEWS_SERVICE_HOST` and the older Docker links. */
export function serviceLinks(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { metadata, spec } of services) {
    const ip = spec.clusterIP;
    const [first] = spec.ports ?? [];
    if (!ip || ip === "None" || !first) continue;
    const prefix = metadata.name.toUpperCase().replaceAll("-", "_");
    variables.set(`${prefix}_SERVICE_HOST`, ip);
    variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const { name, port } of spec.ports ?? []) {
      if (name) variables.set(`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll("-", "_")}`, String(port));
    }
    for (const { protocol = "TCP", port } of spec.ports ?? []) {
      const scheme = protocol.toLowerCase();
      const url = `${scheme}://${ip}:${port}`;
      const link = `${prefix}_PORT_${port}_${protocol}`;
      if (port === first.port) variables.set(`${prefix}_PORT`, url);
      variables.set(link, url);
      variables.set(`${link}_PROTO`, scheme);
      variables.set(`${link}_PORT`, String(port));
      variables.set(`${link}_ADDR`, ip);
    }
  }
  return variables;
}
