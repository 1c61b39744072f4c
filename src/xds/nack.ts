import type { TypeUrl } from "../envoy/resource.ts";
import type { Peer } from "../envoy/resource-source.ts";
import type { ObjectRef } from "../mesh/model.ts";
import { blame } from "./blame.ts";
import type { Rejection, Subscription } from "./subscription.ts";

/** A resource that a proxy rejected, in Envoy's words. */
export interface Nack {
  proxy: Peer;
  type: TypeUrl;
  message: string;
  /** Names of the resources that the message is about. */
  names: readonly string[];
  /** The objects that they came from. */
  origins: readonly ObjectRef[];
  /** Unix milliseconds. */
  at: number;
}

/**
 * Takes Envoy's no. Envoy answers a response as a whole: it may have applied some of it, and notes the versions of
 * none. So the proxy has again what it last accepted; the resources that the message names are set aside until they
 * change; the others are sent again. When it names none, the response is sent again in halves, until the culprit is
 * alone. Returns undefined while that goes on.
 */
export function reject(
  subscription: Subscription,
  nonce: string,
  message: string,
): Omit<Nack, "proxy" | "type"> | undefined {
  const sent = subscription.inflight.get(nonce);
  subscription.inflight.delete(nonce);
  const at = Date.now();
  if (!sent) return undefined;
  for (const { resource } of sent.items) {
    const held = subscription.held.get(resource.name);
    if (held?.version !== resource.version) continue;
    if (held.good === undefined) subscription.held.delete(resource.name);
    else held.version = held.good;
  }
  if (sent.items.length > 0) {
    for (const name of sent.removed) {
      if (subscription.wants.has(name) || subscription.held.has(name)) continue;
      subscription.held.set(name, { version: "", good: undefined });
      subscription.leaving.set(name, 0);
    }
  }
  const names = sent.items.map((item) => item.resource.name);
  const named = new Set(names.length === 1 ? names : blame(message, names));
  const others = sent.items.filter((item) => !named.has(item.resource.name)).map((item) => item.want);
  subscription.lastNack = { message, names: [...named], at };
  if (named.size === 0 && others.length > 0) {
    const half = Math.ceil(others.length / 2);
    subscription.retries.push(others.slice(0, half), others.slice(half));
    return undefined;
  }
  if (others.length > 0) subscription.retries.push(others);
  const culprits = sent.items.filter((item) => named.has(item.resource.name));
  for (const { want, resource } of culprits) {
    if (!subscription.wants.has(want)) continue;
    const { name, version, origins } = resource;
    const rejection: Rejection = { name, version, message, origins, at };
    subscription.rejected.set(name, rejection);
    // Who waits for it must get an answer; and it may have changed since.
    const waits = subscription.asked.has(want) && !subscription.held.has(name);
    subscription.mark(want, waits ? "asked" : "changed");
  }
  return { message, names: [...named], origins: unique(culprits.flatMap((item) => item.resource.origins)), at };
}

function unique(origins: readonly ObjectRef[]): ObjectRef[] {
  return [...new Map(origins.map((origin) => [`${origin.kind}/${origin.namespace}/${origin.name}`, origin])).values()];
}
