import type { Item } from "./subscription.ts";

/**
 * Clusters that were sent and not yet acknowledged. Envoy warms every cluster that is new or changed: it waits for the
 * cluster's endpoints, and acknowledges when all are warm. It asks for endpoints that it does not watch yet; others it
 * neither asks for nor takes from what it has (envoyproxy/envoy#13009), so they must be sent once more.
 */
export class Warming {
  readonly #limitMs: number;
  readonly #endpoints = new Set<string>();
  #until = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Takes note of clusters sent; returns the names of the endpoints that they wait for. */
  sent(items: readonly Item[]): string[] {
    if (items.length === 0) return [];
    const names = items.flatMap(({ resource }) => resource.warmsWith ?? [resource.name]);
    for (const name of names) this.#endpoints.add(name);
    // Counted from the first: clusters that keep coming must not hold routes up for ever.
    if (this.until === 0) this.#until = Date.now() + this.#limitMs;
    return names;
  }

  answered(): void {
    this.#endpoints.clear();
    this.#until = 0;
  }

  waitsFor(endpoints: string): boolean {
    return this.#endpoints.has(endpoints);
  }

  /** The time until which routes wait for clusters, 0 when there are none on their way; a cluster whose endpoints
   * cannot be found must not hold up the others' routes for ever. */
  get until(): number {
    return this.#until > Date.now() ? this.#until : 0;
  }
}
