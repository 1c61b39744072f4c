/**
 * Writes what rows say into the status of objects, and only when it differs: the last link of the way of a change back
 * to who made it.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { StatusRow } from "../../mesh/status-row.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { mergeStatus } from "./merge-status.ts";
import { workQueue } from "./work-queue.ts";

export interface StatusWriterOptions {
  store: Store;
  graph: Graph;
  onError(object: string, error: unknown): void;
  now?(): Date;
  retryMs?: number;
}

export interface StatusWriter {
  /** Follows a collection from now on, beginning with the rows that it has. */
  follow<S extends object>(rows: Collection<StatusRow<S>>): void;
  /** Resolves when every status is as the rows say. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Work {
  row: StatusRow;
  /** What this writer wrote before. */
  before?: object;
}

export function statusWriter(options: StatusWriterOptions): StatusWriter {
  const { store, graph, now = () => new Date() } = options;
  const stops: (() => void)[] = [];
  const written = new Map<string, object>();
  const queue = workQueue<Work>({
    run: async (key, { row, before }) => {
      await write(store, row, before, now());
      if (Object.keys(row.status).length > 0) written.set(key, row.status);
      else written.delete(key);
    },
    onError: options.onError,
    ...(options.retryMs === undefined ? {} : { retryMs: options.retryMs }),
  });
  const add = (collection: string, row: StatusRow): void => {
    const key = `${collection}: ${row.type.kind} ${row.namespace === "" ? "" : `${row.namespace}/`}${row.name}`;
    const before = written.get(key);
    queue.add(key, { row, ...(before && { before }) });
  };
  return {
    follow(rows) {
      for (const [, row] of rows.entries()) add(rows.name, row);
      stops.push(
        graph.onChange(rows, (changes) => {
          for (const { before, after } of changes.values()) {
            if (after) add(rows.name, after);
            // What it said is taken back, as far as the object is still there.
            else if (before) add(rows.name, { ...before, status: {} });
          }
        }),
      );
    },
    idle: queue.idle,
    async close() {
      for (const stop of stops) stop();
      await queue.close();
    },
  };
}

async function write(store: Store, row: StatusRow, before: object | undefined, now: Date): Promise<void> {
  const name = row.namespace === "" ? { name: row.name } : { namespace: row.namespace, name: row.name };
  const time = `${now.toISOString().slice(0, 19)}Z`;
  try {
    const object = await store.get<KubeObject>(row.type, name);
    const status = mergeStatus(object.status, row.status, { now: time, ...(before && { before }) });
    if (!status) return;
    // Only onto what was read: else entries that another controller has just written could be lost.
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const body = { metadata, status };
    await store.patch(row.type, name, { type: "merge", body }, { subresource: "status", fieldManager: "lateen" });
  } catch (error) {
    if (error instanceof StoreError && error.reason === "NotFound") return;
    throw error;
  }
}
