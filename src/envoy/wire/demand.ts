import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";

/**
 * The rows of one kind that somebody asks for, counted. Collections derived from `rows` hold a row per key asked for
 * and nothing else, so what nobody uses is never computed.
 */
export class Demand {
  readonly rows: Input<true>;
  readonly #graph: Graph;
  readonly #counts = new Map<string, number>();

  constructor(graph: Graph, name: string) {
    this.#graph = graph;
    this.rows = graph.input<true>(name);
  }

  /** Asks for rows once more. Those not asked for before are there when this returns. */
  retain(keys: Iterable<string>): void {
    this.#graph.batch(() => {
      for (const key of keys) {
        const count = this.#counts.get(key) ?? 0;
        this.#counts.set(key, count + 1);
        if (count === 0) this.rows.set(key, true);
      }
    });
  }

  /** Takes back one `retain` of each key. */
  release(keys: Iterable<string>): void {
    this.#graph.batch(() => {
      for (const key of keys) {
        const count = this.#counts.get(key) ?? 0;
        if (count > 1) this.#counts.set(key, count - 1);
        else if (this.#counts.delete(key)) this.rows.delete(key);
      }
    });
  }
}
