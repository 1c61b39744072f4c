import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { istioKinds } from "../../kinds/istio/index.ts";
import type { ObjectRef } from "../../mesh/model.ts";
import type { ConditionRow, StatusRow } from "../../mesh/status-row.ts";
import type { ResourceType } from "../../store/object.ts";
import type { Hub } from "../../xds/hub.ts";

/** Proxies named in a message: a mesh of thousands must not make a status of megabytes. */
const PROXIES_NAMED = 3;

export type RejectionStatus = StatusRow<{ conditions: ConditionRow[] }>;

/**
 * What proxies rejected, as a condition of the objects that it came from, in Envoy's words. Rows go when the proxies
 * accept what came after.
 */
export function wireRejections(graph: Graph, hub: Hub): Collection<RejectionStatus> {
  const rows = graph.input<RejectionStatus>("rejections by proxies");
  hub.onRejections(() => {
    const now = statusesOf(hub);
    graph.batch(() => {
      for (const key of [...rows.keys()]) if (!now.has(key)) rows.delete(key);
      for (const [key, row] of now) rows.set(key, row);
    });
  });
  return rows;
}

function statusesOf(hub: Hub): Map<string, RejectionStatus> {
  const found = new Map<string, { type: ResourceType; origin: ObjectRef; said: Set<string>; proxies: Set<string> }>();
  for (const { proxy, types } of hub.status()) {
    for (const { name, message, origins } of types.flatMap(({ rejections }) => rejections)) {
      for (const origin of origins) {
        const type = istioKinds.find((kind) => `${kind.type.group}/${kind.type.kind}` === origin.kind)?.type;
        if (!type) continue;
        const key = `${origin.kind} ${origin.namespace}/${origin.name}`;
        const entry = found.get(key) ?? { type, origin, said: new Set(), proxies: new Set() };
        entry.said.add(`${name}: ${message.trim()}`);
        entry.proxies.add(`${proxy.pod}.${proxy.namespace}`);
        found.set(key, entry);
      }
    }
  }
  return new Map([...found].map(([key, entry]) => [key, statusOf(entry)]));
}

function statusOf(entry: {
  type: ResourceType;
  origin: ObjectRef;
  said: Set<string>;
  proxies: Set<string>;
}): RejectionStatus {
  const { type, origin, said, proxies } = entry;
  const others = proxies.size > PROXIES_NAMED ? ` and ${proxies.size - PROXIES_NAMED} more` : "";
  const who = `${[...proxies].sort().slice(0, PROXIES_NAMED).join(", ")}${others}`;
  const message = `rejected by ${who}, where the last good configuration stays in force: ${[...said].join("; ")}`;
  const condition: ConditionRow = {
    type: "Programmed",
    status: "False",
    reason: "RejectedByProxy",
    message,
    observedGeneration: 0,
  };
  return { type, namespace: origin.namespace, name: origin.name, status: { conditions: [condition] } };
}
