import { setTimeout as sleep } from "node:timers/promises";
import type { Graph } from "../engine/graph.ts";
import type { PeerAuthentications } from "../mesh/security/peer-authentication.ts";
import { isChanging, type Standing, standing, stepped, turned } from "../mesh/security/peer-transition.ts";

export interface PeerStandingOptions {
  graph: Graph;
  peers: Pick<PeerAuthentications, "wanted" | "standings">;
  /** Whether all connected proxies have what they should have. */
  quiet(): boolean;
  signal: AbortSignal;
  /** How long a step takes at least, since proxies of other control planes are not seen. Default: 2,000. */
  leastMs?: number;
  /** And at most, should some proxy never answer. Default: 15,000. */
  mostMs?: number;
}

const LOOK_MS = 100;

/** Takes pods from one PeerAuthentication to another, step by step (mesh/security/peer-transition.ts). */
export function keepPeerStandings(options: PeerStandingOptions): void {
  const { graph, signal } = options;
  const { wanted, standings } = options.peers;
  const note = (pods: Iterable<string>): void =>
    graph.batch(() => {
      for (const pod of pods) {
        const modes = wanted.get(pod);
        const at = standings.get(pod);
        if (modes) standings.set(pod, at ? turned(at, modes) : standing(modes));
        else standings.delete(pod);
      }
    });
  let walking = false;
  const walk = async (): Promise<void> => {
    if (walking) return;
    walking = true;
    for (let due = changing(options); due.length > 0 && !signal.aborted; due = changing(options)) {
      await everybodyHasIt(options);
      graph.batch(() => {
        // what turned meanwhile has another step before it
        for (const [pod, at] of due) if (standings.get(pod) === at) standings.set(pod, stepped(at));
      });
    }
    walking = false;
  };
  note([...wanted.keys()]);
  const stop = graph.onChange(wanted, (changes) => {
    note(changes.keys());
    void walk();
  });
  signal.addEventListener("abort", stop, { once: true });
}

function changing({ peers: { standings } }: PeerStandingOptions): [string, Standing][] {
  return [...standings.entries()].filter(([, at]) => isChanging(at));
}

async function everybodyHasIt({ quiet, signal, leastMs = 2_000, mostMs = 15_000 }: PeerStandingOptions): Promise<void> {
  const aborted = (): void => {};
  await sleep(leastMs, undefined, { signal }).catch(aborted);
  for (let waited = leastMs; waited < mostMs && !quiet() && !signal.aborted; waited += LOOK_MS) {
    await sleep(LOOK_MS, undefined, { signal }).catch(aborted);
  }
}
