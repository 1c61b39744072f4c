import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import type { TypeUrl } from "../resource.ts";
import { CLUSTER, VIRTUAL_HOST } from "../types.ts";

/** What the sidecars of one workload have asked for, sorted. */
export interface Uses {
  hosts: readonly string[];
  clusters: readonly string[];
}

/** More names than any honest workload calls: beyond it a name is served, but not remembered for others. */
const MOST_REMEMBERED = 2_000;

const NOTHING: Uses = { hosts: [], clusters: [] };

/**
 * Remembers, by workload (`namespace/reviews-v1`), what its proxies have asked for, so that its other and later
 * replicas have it before they ask.
 */
export class UseMemory {
  readonly rows: Input<Uses>;

  constructor(graph: Graph) {
    this.rows = graph.input<Uses>("uses");
  }

  remember(workload: string, type: TypeUrl, name: string): void {
    const now = this.rows.get(workload) ?? NOTHING;
    if (type === VIRTUAL_HOST) this.rows.set(workload, { ...now, hosts: including(now.hosts, name) });
    else if (type === CLUSTER) this.rows.set(workload, { ...now, clusters: including(now.clusters, name) });
  }
}

/** What either has: what other control planes have seen is added to what this one knows. */
export function allUses(a: Uses | undefined, b: Uses): Uses {
  const both = (x: readonly string[], y: readonly string[]): string[] =>
    [...new Set([...x, ...y])].slice(0, MOST_REMEMBERED).sort();
  const { hosts, clusters } = a ?? NOTHING;
  return { hosts: both(hosts, b.hosts), clusters: both(clusters, b.clusters) };
}

function including(names: readonly string[], name: string): readonly string[] {
  if (names.length >= MOST_REMEMBERED || names.includes(name)) return names;
  return [...names, name].sort();
}
