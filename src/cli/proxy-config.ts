import { stringify } from "yaml";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { at, list, text } from "./json.ts";
import { findProxyPod } from "./kubernetes/find-pod.ts";
import { adminGet } from "./proxy-admin.ts";
import { SECRET_COLUMNS, secretRows } from "./proxy-secrets.ts";
import { table } from "./table.ts";

type Part = "cluster" | "listener" | "route" | "endpoint" | "secret" | "bootstrap" | "all";

interface Options extends ClusterOption {
  namespace?: string;
  output: "text" | "json" | "yaml";
}

export async function proxyConfig(part: Part, pod: string, options: Options): Promise<void> {
  const { dump, clusters } = await withCluster(options, async (cluster) => {
    const name = await findProxyPod(cluster, pod, options.namespace);
    const get = async (path: string): Promise<unknown> => JSON.parse(await adminGet(cluster.connection, name, path));
    return {
      dump: part === "endpoint" ? undefined : await get("/config_dump"),
      clusters: part === "endpoint" || part === "all" ? await get("/clusters?format=json") : undefined,
    };
  });
  if (options.output !== "text") {
    const value = part === "all" ? { ...Object(dump), clusters } : part === "endpoint" ? clusters : section(dump, part);
    console.log(options.output === "json" ? JSON.stringify(value, undefined, 2) : stringify(value));
    return;
  }
  const parts: Exclude<Part, "all">[] =
    part === "all" ? ["cluster", "listener", "route", "endpoint", "secret"] : [part];
  console.log(parts.map((each) => show(each, dump, clusters)).join("\n\n"));
}

function show(part: Exclude<Part, "all">, dump: unknown, clusters: unknown): string {
  switch (part) {
    case "cluster":
      return table(["SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"], clusterRows(dump)).join(
        "\n",
      );
    case "listener":
      return table(["NAME", "ADDRESS", "PORT", "CHAINS"], listenerRows(dump)).join("\n");
    case "route":
      return table(["NAME", "DOMAINS", "MATCH", "TO", "VIRTUAL SERVICE"], routeRows(dump)).join("\n");
    case "endpoint":
      return table(["ENDPOINT", "STATUS", "CLUSTER"], endpointRows(clusters)).join("\n");
    case "secret":
      return table(SECRET_COLUMNS, secretRows(section(dump, "secret"), new Date())).join("\n");
    case "bootstrap":
      return JSON.stringify(section(dump, "bootstrap"), undefined, 2);
  }
}

const SECTIONS = {
  bootstrap: ".v3.BootstrapConfigDump",
  cluster: ".v3.ClustersConfigDump",
  listener: ".v3.ListenersConfigDump",
  route: ".v3.RoutesConfigDump",
  secret: ".v3.SecretsConfigDump",
} as const;

function section(dump: unknown, part: keyof typeof SECTIONS | "endpoint" | "all"): unknown {
  if (part === "endpoint" || part === "all") return dump;
  return list(at(dump, "configs")).find((each) => text(at(each, "@type")).endsWith(SECTIONS[part]));
}

function clusterRows(dump: unknown): string[][] {
  const found = section(dump, "cluster");
  const all = [...list(at(found, "static_clusters")), ...list(at(found, "dynamic_active_clusters"))];
  return all
    .map((each) => at(each, "cluster"))
    .map((cluster) => {
      const name = text(at(cluster, "name"));
      const [direction = "", port = "", subset = "", host = ""] = name.split("|");
      const type = text(at(cluster, "type")) || text(at(cluster, "cluster_type", "name")) || "STATIC";
      const config = text(at(cluster, "metadata", "filter_metadata", "istio", "config"));
      const rule = config.includes("destination-rule") ? config.split("/").slice(-1).join("") : "";
      if (!name.includes("|")) return [name, "-", "-", "-", type, rule];
      return [host || "-", port, subset || "-", direction, type, rule];
    })
    .sort(byFirst);
}

function listenerRows(dump: unknown): string[][] {
  const found = section(dump, "listener");
  const dynamic = list(at(found, "dynamic_listeners")).map((each) => at(each, "active_state", "listener"));
  const fixed = list(at(found, "static_listeners")).map((each) => at(each, "listener"));
  return [...fixed, ...dynamic]
    .filter((each) => each !== undefined)
    .map((listener) => {
      const socket = at(listener, "address", "socket_address");
      const chains = [...list(at(listener, "filter_chains")), at(listener, "default_filter_chain")];
      const names = chains.map((chain) => text(at(chain, "name"))).filter((name) => name !== "");
      return [
        text(at(listener, "name")),
        text(at(socket, "address")),
        String(at(socket, "port_value") ?? ""),
        names.join(", "),
      ];
    })
    .sort(byFirst);
}

function routeRows(dump: unknown): string[][] {
  const found = section(dump, "route");
  const all = [...list(at(found, "dynamic_route_configs")), ...list(at(found, "static_route_configs"))];
  return all
    .map((each) => at(each, "route_config"))
    .flatMap((config) =>
      list(at(config, "virtual_hosts")).flatMap((host) =>
        list(at(host, "routes")).map((route) => {
          const origin = text(at(route, "metadata", "filter_metadata", "istio", "config"));
          const domains = list(at(host, "domains")).map(text).join(", ");
          return [
            text(at(config, "name")),
            domains,
            matchOf(route),
            targetOf(route),
            origin.split("/").slice(-1).join(""),
          ];
        }),
      ),
    )
    .sort(byFirst);
}

function matchOf(route: unknown): string {
  const match = at(route, "match");
  const path = at(match, "path") ?? at(match, "safe_regex", "regex") ?? at(match, "path_separated_prefix");
  const prefix = at(match, "prefix");
  const headers = list(at(match, "headers")).map((header) => text(at(header, "name")));
  const where = path === undefined ? `${text(prefix)}*` : text(path);
  return headers.length === 0 ? where : `${where} with ${headers.join(", ")}`;
}

function targetOf(route: unknown): string {
  const cluster = at(route, "route", "cluster");
  if (cluster !== undefined) return text(cluster);
  const weighted = list(at(route, "route", "weighted_clusters", "clusters"));
  if (weighted.length > 0) return weighted.map((each) => `${text(at(each, "name"))} ${at(each, "weight")}`).join(", ");
  if (at(route, "redirect") !== undefined) return "redirect";
  return `status ${at(route, "direct_response", "status") ?? "?"}`;
}

function endpointRows(clusters: unknown): string[][] {
  return list(at(clusters, "cluster_statuses"))
    .flatMap((cluster) =>
      list(at(cluster, "host_statuses")).map((host) => {
        const socket = at(host, "address", "socket_address");
        const address = socket
          ? `${at(socket, "address")}:${at(socket, "port_value")}`
          : text(at(host, "address", "pipe", "path"));
        const failed = at(host, "health_status", "failed_outlier_check") === true;
        const status = failed ? "EJECTED" : text(at(host, "health_status", "eds_health_status"));
        return [address, status, text(at(cluster, "name"))];
      }),
    )
    .sort((a, b) => ((a[2] ?? "") < (b[2] ?? "") ? -1 : 1));
}

function byFirst(a: readonly string[], b: readonly string[]): number {
  return (a[0] ?? "") < (b[0] ?? "") ? -1 : 1;
}
