/**
 * The cluster store: a kube-apiserver (or Lateen's own embedded API, which speaks the same) over HTTPS. It adds
 * nothing to what the server does; keeping up with a kind over time is the reflector's.
 */
import { apiVersionOf, type KubeObject, type ResourceType } from "../object.ts";
import { isFields } from "../patch/json.ts";
import type {
  DeleteOptions,
  ListOptions,
  ObjectList,
  ObjectName,
  PageOptions,
  Patch,
  Store,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../store.ts";
import type { Connection } from "./connection.ts";
import { errorOf, Http } from "./http.ts";
import { pathOf } from "./path.ts";

const CONTENT_TYPES: Readonly<Record<Patch["type"], string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  // JSON is YAML.
  apply: "application/apply-patch+yaml",
};

export class ClusterStore implements Store {
  readonly #http: Http;

  constructor(connection: Connection) {
    this.#http = new Http(connection);
  }

  /** Closes the connections, and with them all watches. */
  close(): void {
    this.#http.close();
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions & PageOptions = {},
  ): Promise<ObjectList<T>> {
    const { limit, continue: position } = options;
    const path = pathOf(type, options.namespace, undefined, { ...selection(options), limit, continue: position });
    const list = fieldsOf(await this.#http.json({ method: "GET", path }));
    const metadata = fieldsOf(list.metadata);
    const items = Array.isArray(list.items) ? list.items : [];
    return {
      // The server leaves out what is the same for all items.
      items: items.map((item) => object<T>({ apiVersion: apiVersionOf(type), kind: type.kind, ...fieldsOf(item) })),
      resourceVersion: String(metadata.resourceVersion ?? ""),
      ...(typeof metadata.continue === "string" && metadata.continue !== "" ? { continue: metadata.continue } : {}),
      ...(typeof metadata.remainingItemCount === "number" ? { remainingItemCount: metadata.remainingItemCount } : {}),
    };
  }

  async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { resourceVersion, signal } = options;
    const query = { ...selection(options), watch: true, allowWatchBookmarks: true, resourceVersion };
    try {
      for await (const line of this.#http.lines({
        method: "GET",
        path: pathOf(type, options.namespace, undefined, query),
        signal,
      })) {
        const event = fieldsOf(JSON.parse(line));
        if (event.type === "ERROR") throw errorOf(event.object);
        if (event.type === "BOOKMARK") {
          const metadata = fieldsOf(fieldsOf(event.object).metadata);
          yield { type: "BOOKMARK", resourceVersion: String(metadata.resourceVersion ?? "") };
        } else if (event.type === "ADDED" || event.type === "MODIFIED" || event.type === "DELETED") {
          yield { type: event.type, object: object<T>(fieldsOf(event.object)) };
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async get<T extends KubeObject>(type: ResourceType, name: ObjectName): Promise<T> {
    return this.#object<T>({ method: "GET", path: pathOf(type, name.namespace, name.name) });
  }

  async create<T extends KubeObject>(type: ResourceType, body: T, options: WriteOptions = {}): Promise<T> {
    const path = pathOf(type, body.metadata.namespace, undefined, writing(options));
    return this.#object<T>({ method: "POST", path, body }, options);
  }

  async update<T extends KubeObject>(type: ResourceType, body: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = body.metadata;
    const path = pathOf(type, namespace, name, writing(options), options.subresource);
    return this.#object<T>({ method: "PUT", path, body }, options);
  }

  async patch<T extends KubeObject>(
    type: ResourceType,
    name: ObjectName,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const query = { ...writing(options), force: patch.type === "apply" && options.force ? true : undefined };
    const path = pathOf(type, name.namespace, name.name, query, options.subresource);
    const body = patch.type === "apply" ? configuration(type, name, patch.body) : patch.body;
    return this.#object<T>({ method: "PATCH", path, body, contentType: CONTENT_TYPES[patch.type] }, options);
  }

  async delete(type: ResourceType, name: ObjectName, options: DeleteOptions = {}): Promise<void> {
    const { dryRun, ...rest } = options;
    const body = { apiVersion: "v1", kind: "DeleteOptions", ...rest, ...(dryRun ? { dryRun: ["All"] } : {}) };
    await this.#http.json({ method: "DELETE", path: pathOf(type, name.namespace, name.name), body });
  }

  async #object<T extends KubeObject>(request: Parameters<Http["json"]>[0], options: WriteOptions = {}): Promise<T> {
    const warn = options.warn && ((text: string): void => options.warn?.(text));
    return object<T>(fieldsOf(await this.#http.json(request, warn)));
  }
}

/** What is applied must name itself, as if it were to be created. */
function configuration(type: ResourceType, name: ObjectName, body: object): object {
  const fields = fieldsOf(body);
  const metadata = { ...fieldsOf(fields.metadata), ...name };
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...fields, metadata };
}

function selection({ labelSelector, fieldSelector }: ListOptions): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function writing(options: WriteOptions): Record<string, string | undefined> {
  const { fieldManager, fieldValidation, dryRun } = options;
  return { fieldManager, fieldValidation, dryRun: dryRun ? "All" : undefined };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isFields(value) ? value : {};
}

/** The server has validated what it stores: the kind that was asked for is what came. */
function object<T extends KubeObject>(fields: Record<string, unknown>): T {
  const { apiVersion, kind, metadata } = fields;
  if (typeof apiVersion === "string" && typeof kind === "string" && isFields(metadata)) return fields as T;
  throw errorOf({
    message: `the server sent something that is not an object: ${JSON.stringify(fields).slice(0, 200)}`,
  });
}
