/**
 * Writes what rows say into the status of objects, by server-side apply and only when it differs: the last link of the
 * way of a change back to who made it. What several collections say of one object is applied together, so that what
 * none of them says any more goes, whoever applied it in an earlier life.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import type { StatusRow } from "../../mesh/status-row.ts";
import { StoreError } from "../../store/error.ts";
import { type KubeObject, keyOf, type ResourceType } from "../../store/object.ts";
import type { ObjectName, Store } from "../../store/store.ts";
import { ownsMore } from "./owned-status.ts";
import { says, timedStatus } from "./timed-status.ts";
import { workQueue } from "./work-queue.ts";

/** Who owns the fields that the control plane applies. */
export const FIELD_MANAGER = "lateen";

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
  /** Takes back what an earlier writer said of objects of this type and no row says now. */
  sweep(type: ResourceType): Promise<void>;
  /** Resolves when every status is as the rows say. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Work {
  type: ResourceType;
  name: ObjectName;
  status: object;
}

export function statusWriter(options: StatusWriterOptions): StatusWriter {
  const { store, graph, now = () => new Date() } = options;
  const stops: (() => void)[] = [];
  /** By object: what each collection says of it. */
  const said = new Map<string, Map<string, StatusRow>>();
  const queue = workQueue<Work>({
    run: (_object, work) => write(store, work, now()),
    onError: options.onError,
    ...(options.retryMs === undefined ? {} : { retryMs: options.retryMs }),
  });
  const say = (collection: string, row: StatusRow, stays: boolean): void => {
    const { type } = row;
    const name = row.namespace === "" ? { name: row.name } : { namespace: row.namespace, name: row.name };
    const object = idOf(type, name);
    const rows = said.get(object) ?? new Map<string, StatusRow>();
    if (stays) rows.set(collection, row);
    else rows.delete(collection);
    if (rows.size > 0) said.set(object, rows);
    else said.delete(object);
    queue.add(object, { type, name, status: together([...rows.values()]) });
  };
  return {
    follow(rows) {
      for (const [, row] of rows.entries()) say(rows.name, row, true);
      stops.push(
        graph.onChange(rows, (changes) => {
          for (const { before, after } of changes.values()) {
            const row = after ?? before;
            if (row) say(rows.name, row, after !== undefined);
          }
        }),
      );
    },
    async sweep(type) {
      const { items } = await store.list(type);
      for (const object of items) {
        const { namespace, name } = object.metadata;
        const at = namespace === undefined ? { name } : { namespace, name };
        if (said.has(idOf(type, at)) || !ownsMore(object, FIELD_MANAGER, {})) continue;
        queue.add(idOf(type, at), { type, name: at, status: {} });
      }
    },
    idle: queue.idle,
    async close() {
      for (const stop of stops) stop();
      await queue.close();
    },
  };
}

function idOf({ group, kind }: ResourceType, name: ObjectName): string {
  return `${group}/${kind} ${keyOf({ metadata: name })}`;
}

/** Conditions of all; other fields are said by one. */
function together(rows: readonly StatusRow[]): object {
  const conditions = rows.flatMap(({ status }) => ("conditions" in status ? status.conditions : []));
  return Object.assign({}, ...rows.map(({ status }) => status), conditions.length > 0 ? { conditions } : {});
}

async function write(store: Store, { type, name, status }: Work, now: Date): Promise<void> {
  const time = `${now.toISOString().slice(0, 19)}Z`;
  try {
    const object = await store.get<KubeObject>(type, name);
    const applied = timedStatus(object.status, status, time);
    if (says(object.status, applied) && !ownsMore(object, FIELD_MANAGER, applied)) return;
    // Only onto what was read: else entries of `parents` that another controller has just written could be lost.
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const body = { apiVersion: object.apiVersion, kind: object.kind, metadata, status: applied };
    const how = { subresource: "status", fieldManager: FIELD_MANAGER, force: true } as const;
    await store.patch(type, name, { type: "apply", body }, how);
  } catch (error) {
    if (error instanceof StoreError && error.reason === "NotFound") return;
    throw error;
  }
}
