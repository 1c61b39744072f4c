import type { Resource } from "../envoy/resource.ts";
import { VIRTUAL_HOST } from "../envoy/types.ts";
import { absence, isAbsentVersion } from "./absent.ts";
import type { Item, Reason, Subscription } from "./subscription.ts";

/**
 * What a name needs to have sent.
 * - `send`: this.
 * - `refuse`: the name, as removed: there is no such thing, and no better way to say so.
 * - `leave`: what the proxy has under it is gone; it goes when everything else was sent.
 * - `nothing`: the proxy has it, or rejected it, or there is nothing to have.
 */
export type Look =
  | { is: "send"; item: Item }
  | { is: "refuse" }
  | { is: "leave"; resource: string }
  | { is: "nothing" };

const NOTHING: Look = { is: "nothing" };

/** Compares what a name stands for with what the proxy has under it. `row` is its row as it is now. */
export function look(subscription: Subscription, name: string, reason: Reason, row: Resource | undefined): Look {
  const { type, held, rejected } = subscription;
  const want = subscription.wants.get(name);
  if (!want) return NOTHING;
  if (row?.body === undefined) {
    const has = held.get(want.resource);
    if (reason === "asked" || (reason === "resumed" && !has)) return none(subscription, name);
    if (has && !isAbsentVersion(has.version)) return { is: "leave", resource: want.resource };
    rejected.delete(want.resource);
    return NOTHING;
  }
  want.resource = row.name;
  subscription.leaving.delete(row.name);
  const has = held.get(row.name);
  const rejection = rejected.get(row.name);
  if (rejection?.version === row.version) {
    return reason === "asked" && !has ? none(subscription, name) : NOTHING;
  }
  const alias = want.asked && name !== row.name;
  if (has?.version !== row.version || reason === "asked") {
    return { is: "send", item: { want: name, resource: row, aliases: alias ? [name] : [] } };
  }
  if (reason === "resumed" && alias && type === VIRTUAL_HOST) {
    // It has the virtual host, but may still wait to hear that this name leads to it.
    return { is: "send", item: { want: name, resource: { ...row, name, body: undefined }, aliases: [name] } };
  }
  // What was rejected is gone, and what was good before is what it should have.
  if (has.good === row.version) rejected.delete(row.name);
  return NOTHING;
}

function none({ type }: Subscription, name: string): Look {
  const resource = absence(type, name);
  if (!resource) return { is: "refuse" };
  return { is: "send", item: { want: name, resource, aliases: type === VIRTUAL_HOST ? [name] : [], stub: true } };
}
