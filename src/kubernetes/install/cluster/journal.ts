/** What an installation did to the cluster, so that it can be taken back: each object as it was before. */
import type { KubeObject } from "../../../store/object.ts";

export interface Change {
  object: KubeObject;
  /** Undefined: it was not there. */
  before: KubeObject | undefined;
  /** Undefined: it is not known whether the change took place, or the object is gone by it. */
  after: KubeObject | undefined;
}

export interface Journal {
  readonly changes: readonly Change[];
  /** Before a change; `done` when the API has said what came of it. */
  changing(object: KubeObject, before: KubeObject | undefined): { done(after: KubeObject): void };
  deleting(before: KubeObject): void;
}

export function openJournal(): Journal {
  const changes: Change[] = [];
  return {
    changes,
    changing(object, before) {
      const change: Change = { object, before, after: undefined };
      changes.push(change);
      return {
        done(after) {
          change.after = after;
          const same = before?.metadata.resourceVersion === after.metadata.resourceVersion;
          if (before && same) changes.splice(changes.indexOf(change), 1);
        },
      };
    },
    deleting: (before) => void changes.push({ object: before, before, after: undefined }),
  };
}
