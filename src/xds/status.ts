import type { TypeUrl } from "../envoy/resource.ts";
import type { Peer } from "../envoy/resource-source.ts";
import type { Session } from "./session.ts";
import type { Rejection, Subscription } from "./subscription.ts";

/** A proxy as `proxy-status` shows it. */
export interface ProxyStatus {
  proxy: Peer;
  /** Unix milliseconds. */
  connectedAt: number;
  /** False while the proxy's workload is not known: it is then sent nothing. */
  known: boolean;
  synced: boolean;
  types: TypeStatus[];
}

export interface TypeStatus {
  type: TypeUrl;
  wildcard: boolean;
  /** Names asked for explicitly. */
  subscribed: number;
  /** Resources that the proxy has, as far as we know. */
  held: number;
  synced: boolean;
  /** Responses that are not answered yet. */
  inflight: number;
  rejections: Rejection[];
  /** Envoy's last no that was not followed by a yes to the same. */
  lastNack: { message: string; names: readonly string[]; at: number } | undefined;
  lastSentAt: number | undefined;
  lastAnswerAt: number | undefined;
  counters: Readonly<Subscription["counters"]>;
}

/** One resource of one proxy, for `/debug/syncz` and `proxy-config`. */
export interface Holding {
  type: TypeUrl;
  name: string;
  sent: string;
  acked: string | undefined;
}

export function statusOf(session: Session): ProxyStatus {
  const types = [...session.subscriptions.values()].map((subscription) => ({
    type: subscription.type,
    wildcard: subscription.wildcard,
    subscribed: subscription.asked.size,
    held: subscription.held.size,
    synced: session.synced(subscription),
    inflight: subscription.inflight.size,
    rejections: [...subscription.rejected.values()],
    lastNack: subscription.lastNack,
    lastSentAt: subscription.lastSentAt,
    lastAnswerAt: subscription.lastAnswerAt,
    counters: { ...subscription.counters },
  }));
  return {
    proxy: session.proxy,
    connectedAt: session.connectedAt,
    known: session.view !== undefined,
    synced: session.view !== undefined && types.every(({ synced }) => synced),
    types,
  };
}

export function holdingsOf(session: Session): Holding[] {
  return [...session.subscriptions.values()].flatMap(({ type, held }) =>
    [...held].map(([name, { version, good }]) => ({ type, name, sent: version, acked: good })),
  );
}
