import type { ResourceSource } from "../envoy/resource-source.ts";
import type { Alarm } from "./alarm.ts";
import { refersToClusters } from "./order.ts";
import type { Subscription } from "./subscription.ts";
import type { VirtualHosts } from "./virtual-hosts.ts";
import type { Warming } from "./warming.ts";

/**
 * Which of the names to be looked at can be looked at now: routes wait for clusters, virtual hosts for their route
 * configuration, and what is made for one proxy alone until it is made.
 */
export class Readiness {
  readonly #source: Pick<ResourceSource, "awaits">;
  readonly #warming: Warming;
  readonly #virtualHosts: VirtualHosts;
  readonly #alarm: Alarm;

  constructor(source: Pick<ResourceSource, "awaits">, warming: Warming, virtualHosts: VirtualHosts, alarm: Alarm) {
    this.#source = source;
    this.#warming = warming;
    this.#virtualHosts = virtualHosts;
    this.#alarm = alarm;
  }

  *ready(subscription: Subscription): Generator<string> {
    const until = refersToClusters(subscription.type) && !subscription.mustAnswer ? this.#warming.until : 0;
    for (const [name, reason] of subscription.pending) {
      if (until > 0 && reason === "changed") this.#alarm.set(until);
      else if (!this.#mustWait(subscription, name)) yield name;
    }
  }

  /** Whether something could be sent, were it not for clusters that warm. */
  any(subscription: Subscription): boolean {
    for (const name of subscription.pending.keys()) if (!this.#mustWait(subscription, name)) return true;
    return false;
  }

  /** Whether an answer that says nothing would be right: not while something that was asked for is being made. */
  answersEmpty(subscription: Subscription): boolean {
    if (!subscription.mustAnswer) return false;
    for (const name of subscription.pending.keys()) if (this.#isMade(subscription, name)) return false;
    return true;
  }

  #mustWait(subscription: Subscription, name: string): boolean {
    return this.#virtualHosts.mustWait(subscription, name) || this.#isMade(subscription, name);
  }

  #isMade({ type, names }: Subscription, name: string): boolean {
    const key = names.keyOf(name);
    return key !== undefined && this.#source.awaits(type, key);
  }
}
