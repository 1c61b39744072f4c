import type { TypeUrl } from "../envoy/resource.ts";
import { ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../envoy/types.ts";
import { absence } from "./absent.ts";
import type { Item, Subscription } from "./subscription.ts";

/** Of the resource without a body that tells Envoy that a route configuration has no virtual hosts to wait for. */
const PLACEHOLDER = "lateen.none";

/** The route configuration that a virtual host belongs to: `NAME/host` belongs to NAME, which may have slashes. */
function routesOf(virtualHost: string): string {
  return virtualHost.slice(0, Math.max(0, virtualHost.lastIndexOf("/")));
}

/** Keeps virtual hosts in step with their route configurations on one stream. */
export class VirtualHosts {
  readonly #subscriptions: ReadonlyMap<TypeUrl, Subscription>;
  /** Route configurations sent whose virtual hosts Envoy waits for. */
  readonly #unopened = new Set<string>();

  constructor(subscriptions: ReadonlyMap<TypeUrl, Subscription>) {
    this.#subscriptions = subscriptions;
  }

  /** Virtual hosts that arrive before their route configuration are acknowledged and dropped by Envoy. */
  mustWait(subscription: Subscription, name: string): boolean {
    if (subscription.type !== VIRTUAL_HOST) return false;
    return !this.#subscriptions.get(ROUTE_CONFIGURATION)?.held.has(routesOf(name));
  }

  /** Before `routes` are recorded as sent: one that Envoy begins (again) to follow knows none of its virtual hosts. */
  routesSent(routes: Subscription, items: readonly Item[]): void {
    for (const { resource } of items) {
      if (routes.held.has(resource.name)) continue;
      this.#unopened.add(resource.name);
      this.forget(resource.name);
    }
  }

  /** Envoy dropped a route configuration, and its virtual hosts with it. */
  forget(routes: string): void {
    const hosts = this.#subscriptions.get(VIRTUAL_HOST);
    if (!hosts) return;
    for (const name of [...hosts.held.keys()]) if (routesOf(name) === routes) hosts.held.delete(name);
    for (const name of hosts.wants.keys()) if (routesOf(name) === routes) hosts.mark(name, "changed");
  }

  /**
   * What leaves goes along with what comes: a response makes one table of Envoy's, which is refused when two virtual
   * hosts share a domain, as an old one of a host and its successor may.
   */
  takeLeaving({ leaving, held, rejected }: Subscription): string[] {
    const names = [...leaving.keys()].filter((name) => held.has(name));
    for (const name of leaving.keys()) rejected.delete(name);
    leaving.clear();
    return names;
  }

  /** A listener waits for the virtual hosts of its route configuration; where there are none, it must be told so. */
  placeholders(hosts: Subscription, items: ReadonlyMap<string, Item>): Item[] {
    if (this.#unopened.size === 0) return [];
    const coming = new Set<string>();
    for (const name of items.keys()) coming.add(routesOf(name));
    for (const name of hosts.pending.keys()) coming.add(routesOf(name));
    const placeholders: Item[] = [];
    for (const routes of this.#unopened) {
      const name = `${routes}/${PLACEHOLDER}`;
      const resource = coming.has(routes) ? undefined : absence(VIRTUAL_HOST, name);
      if (resource) placeholders.push({ want: name, resource, aliases: [name], stub: true });
    }
    this.#unopened.clear();
    return placeholders;
  }
}
