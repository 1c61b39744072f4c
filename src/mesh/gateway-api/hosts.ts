/** What each host of each listener serves: one row for each, so that a route recomputes only the hosts that it names. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import { type GatewayHostContribution, tableOf } from "../gateways.ts";
import { bySpecificity, covers, hostAndWildcards } from "../hosts.ts";
import type { HttpRoute } from "../model.ts";
import type { ParentResult } from "./attachments.ts";
import type { GatewayRow } from "./gateways.ts";
import { byPrecedence } from "./http-matches.ts";
import type { ResolvedRoute } from "./http-rules.ts";
import type { Listener } from "./listeners.ts";
import { serverOf } from "./servers.ts";

/** A route at one host of one listener. */
interface Attached {
  /** The route's key. */
  route: string;
  gateway: string;
  /** Its id. */
  listener: string;
  host: string;
}

export interface HostSources {
  gateways: Collection<GatewayRow>;
  /** Key: the route's. */
  parents: Collection<readonly ParentResult[]>;
  resolved: Collection<ResolvedRoute>;
}

/** Hosts that routes of one kind serve. */
export function wireHosts(graph: Graph, kind: string, sources: HostSources): Collection<GatewayHostContribution> {
  const attached = graph.deriveMany<readonly ParentResult[], Attached>(
    `attachments of ${kind}s`,
    sources.parents,
    (route, parents) =>
      parents.flatMap(({ listeners }) =>
        listeners.flatMap(({ gateway, listener, hosts }) =>
          hosts.map((host): [string, Attached] => [
            `${route}|${gateway}|${listener}|${host}`,
            { route, gateway, listener, host },
          ]),
        ),
      ),
  );
  const byHost = graph.index(attached, "host", (row) => [bucketOf(row)]);
  return graph.deriveMany<Attached, GatewayHostContribution>(`hosts of ${kind}s`, byHost, (_bucket, rows, read) => {
    const [first] = rows.values();
    const gateway = first && read.get(sources.gateways, first.gateway);
    return gateway ? hostRows(first, gateway, byHost, sources.resolved, read) : [];
  });
}

function bucketOf({ gateway, listener, host }: Omit<Attached, "route">): string {
  return `${gateway}|${listener}|${host}`;
}

function hostRows(
  at: Attached,
  gateway: GatewayRow,
  byHost: Index<Attached>,
  resolved: Collection<ResolvedRoute>,
  read: Reader,
): [string, GatewayHostContribution][] {
  const listener = gateway.listeners.find(({ id }) => id === at.listener);
  const server = listener && serverOf(listener);
  if (!server) return [];
  const siblings = gateway.listeners.filter((other) => other.port === listener.port && !other.rejected);
  // A request belongs to the listener with the most specific hostname, even if that one has no route for it.
  if (ownerOf(at.host, siblings)?.id !== listener.id) return [];

  const routes = hostAndWildcards(at.host).flatMap((host) => routesAt({ ...at, host }, byHost, resolved, read));
  // Where TLS is ended the handshake has chosen the listener: misdirected.ts.
  const narrower = siblings.filter(
    ({ hostname, id }) =>
      !server.tls &&
      id !== listener.id &&
      hostname !== at.host &&
      covers(at.host, hostname === "" ? "*" : hostname) &&
      read.bucket(byHost, bucketOf({ gateway: at.gateway, listener: id, host: hostname })).size === 0,
  );
  const oldest = Math.min(...routes.map(({ createdAt }) => createdAt), Number.MAX_SAFE_INTEGER);
  return gateway.workloads.flatMap((workload) => {
    const base = { gateway: workload, targetPort: listener.targetPort, bind: "", table: tableOf(server) };
    const row = (domain: string, served: readonly HttpRoute[]): [string, GatewayHostContribution] => [
      `${workload}|${at.gateway}|${base.table}|${domain}`,
      { ...base, createdAt: oldest, domain, routes: served },
    ];
    return [
      row(
        at.host,
        routes.flatMap((each) => each.routes),
      ),
      ...narrower.map(({ hostname }) => row(hostname, [])),
    ];
  });
}

function ownerOf(host: string, listeners: readonly Listener[]): Listener | undefined {
  const hostname = (listener: Listener): string => (listener.hostname === "" ? "*" : listener.hostname);
  return listeners
    .filter((listener) => covers(hostname(listener), host))
    .sort((a, b) => bySpecificity(hostname(a), hostname(b)))[0];
}

interface Ordered {
  createdAt: number;
  routes: readonly HttpRoute[];
}

/** All routes at exactly this host, in the order in which they match. */
function routesAt(
  at: Omit<Attached, "route">,
  byHost: Index<Attached>,
  resolved: Collection<ResolvedRoute>,
  read: Reader,
): Ordered[] {
  const rows = [...read.bucket(byHost, bucketOf(at)).values()];
  const found = rows.map(({ route }) => read.get(resolved, route)).filter((route) => route !== undefined);
  return found.length === 0 ? [] : [inOrder(found)];
}

/** Routes of several objects as one list, by the Gateway API's precedence. */
export function inOrder(objects: readonly ResolvedRoute[]): Ordered {
  const text = ({ namespace, name }: ResolvedRoute): string => `${namespace}/${name}`;
  const sorted = [...objects].sort(
    (a, b) => a.createdAt - b.createdAt || (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0),
  );
  return {
    createdAt: sorted[0]?.createdAt ?? 0,
    routes: sorted.flatMap(({ routes }) => routes).sort(byPrecedence),
  };
}
