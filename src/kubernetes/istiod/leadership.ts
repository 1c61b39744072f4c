import { aborted, type Lead, type Role } from "../../control-plane/lead.ts";

type Work = (signal: AbortSignal) => Promise<void>;

/** Holds an election: does `work` whenever it is won, until `signal` aborts. */
export type Election = (work: Work, signal: AbortSignal) => Promise<void>;

interface Entry {
  work: Work;
  until: AbortSignal;
  running: Promise<void>;
}

export interface Leadership {
  lead: Lead;
  /** Ends all that is done for it, and then gives it back. */
  close(): Promise<void>;
}

/** One election for each role, whatever number of works there are to do in it, and whenever they come. */
export function leadership(elections: Readonly<Record<Role, Election>>, onError: (error: unknown) => void): Leadership {
  const stop = new AbortController();
  const held = { mesh: office(elections.mesh), revision: office(elections.revision) };

  function office(election: Election) {
    const entries = new Set<Entry>();
    let term: AbortSignal | undefined;
    const begin = (entry: Entry, until: AbortSignal): void => {
      entry.running = entry.work(AbortSignal.any([until, entry.until])).catch(onError);
    };
    const done = election(async (signal) => {
      term = signal;
      for (const entry of entries) begin(entry, signal);
      await aborted(signal);
      await Promise.all([...entries].map(({ running }) => running));
      term = undefined;
    }, stop.signal);
    const add = async (work: Work, until: AbortSignal): Promise<void> => {
      const entry: Entry = { work, until, running: Promise.resolve() };
      entries.add(entry);
      if (term) begin(entry, term);
      await aborted(until);
      await entry.running;
      entries.delete(entry);
    };
    return { done, add };
  }

  return {
    lead: (role, work, until) => held[role].add(work, until),
    close: async () => {
      stop.abort();
      await Promise.all([held.mesh.done, held.revision.done]);
    },
  };
}
