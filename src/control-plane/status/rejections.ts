import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import { meshKinds } from "../../kinds/mesh-kinds.ts";
import type { ObjectRef } from "../../mesh/model.ts";
import type { ConditionRow, StatusRow } from "../../mesh/status-row.ts";
import type { Hub } from "../../xds/hub.ts";

/** Proxies named in a message: a mesh of thousands must not make a status of megabytes. */
const PROXIES_NAMED = 3;

export type RejectionStatus = StatusRow<{ conditions: ConditionRow[] }>;

/** Something of an object that a proxy rejected, in Envoy's words. */
export interface Rejected {
  origin: ObjectRef;
  /** `POD.NAMESPACE` */
  proxy: string;
  message: string;
}

/** What the proxies of each control plane reject at this moment, by the control plane's name. */
export type RejectionReports = Input<readonly Rejected[]>;

/** Keeps the report of this control plane. */
export function reportRejections(hub: Hub, reports: RejectionReports, own: string): void {
  hub.onRejections(() => reports.set(own, rejectedBy(hub)));
}

function rejectedBy(hub: Hub): Rejected[] {
  return hub.status().flatMap(({ proxy, types }) =>
    types
      .flatMap(({ rejections }) => rejections)
      .flatMap(({ name, message, origins }) =>
        origins.map((origin) => ({
          origin,
          proxy: `${proxy.pod}.${proxy.namespace}`,
          message: `${name}: ${message.trim()}`,
        })),
      ),
  );
}

/**
 * What proxies rejected, as a condition of the objects that it came from. Rows go when the proxies accept what came
 * after, or have gone to another control plane because theirs lives no more.
 */
export function wireRejections(
  graph: Graph,
  reports: RejectionReports,
  lives: (replica: string, read: Reader) => boolean,
): Collection<RejectionStatus> {
  const each = graph.deriveMany<readonly Rejected[], Rejected>("rejections", reports, (replica, rejected, read) =>
    lives(replica, read) ? rejected.map((one, index) => [`${replica}|${index}`, one]) : [],
  );
  const byObject = graph.index(each, "object", ({ origin }) => [`${origin.kind} ${origin.namespace}/${origin.name}`]);
  return graph.derive("rejections by proxies", byObject, (_object, rejected) => statusOf([...rejected.values()]));
}

function statusOf(rejected: readonly Rejected[]): RejectionStatus | undefined {
  const origin = rejected[0]?.origin;
  const kind = meshKinds.find(({ type }) => `${type.group}/${type.kind}` === origin?.kind);
  if (!origin || !kind) return undefined;
  const proxies = [...new Set(rejected.map(({ proxy }) => proxy))].sort();
  const others = proxies.length > PROXIES_NAMED ? ` and ${proxies.length - PROXIES_NAMED} more` : "";
  const who = `${proxies.slice(0, PROXIES_NAMED).join(", ")}${others}`;
  const said = [...new Set(rejected.map(({ message }) => message))].sort().join("; ");
  const condition: ConditionRow = {
    type: "Programmed",
    status: "False",
    reason: "RejectedByProxy",
    message: `rejected by ${who}, where the last good configuration stays in force: ${said}`,
  };
  return { type: kind.type, namespace: origin.namespace, name: origin.name, status: { conditions: [condition] } };
}
