/** What the scenario is made of, and what of an answer is compared. */
import { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import { canonical, type Fields, isFields } from "../patch/json.ts";
import type { Patch, Store, WatchEvent } from "../store.ts";
import { at, things } from "./testing.ts";

/** The events up to the object `end`. */
export async function watched(
  store: Store,
  options: { labelSelector: string; resourceVersion: string },
): Promise<string[]> {
  const abort = new AbortController();
  const events: string[] = [];
  const watch: AsyncIterable<WatchEvent> = store.watch(things, { ...options, signal: abort.signal });
  for await (const event of watch) {
    if (event.type === "BOOKMARK") continue;
    events.push(`${event.type} ${event.object.metadata.name} app=${event.object.metadata.labels?.app}`);
    if (event.object.metadata.name === "end") abort.abort();
  }
  return events;
}

export const identity = { apiVersion: "test.lateen.dev/v1", kind: "Thing" };
export const apply = (spec: object): Patch => ({ type: "apply", body: { spec } });
export const port = (number: number, name?: string): object => ({
  port: number,
  protocol: "TCP",
  ...(name ? { name } : {}),
});
export const env = (name: string, value: string): object => ({ name, value });
export const container = (name: string): object => ({ name, image: `${name}:1` });

export function configMap(name: string, metadata: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", name, ...metadata } };
}

export function deployment(): KubeObject {
  const labels = { app: "d" };
  const containers = [{ ...container("a"), env: [env("X", "1"), env("Y", "1")] }, container("b")];
  const volumes = [{ name: "v", emptyDir: {} }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: at("d"),
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, volumes } },
    },
  };
}

/** The parts of a deployment that the patches are about, without defaults. */
export function outline(object: KubeObject): unknown {
  const spec = fieldsOf(fieldsOf(fieldsOf(object.spec).template).spec);
  const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
  return {
    containers: list(spec.containers).map(({ name, image, env }) => ({
      name,
      image,
      ...(env === undefined ? {} : { env }),
    })),
    volumes: list(spec.volumes).map((volume) => Object.keys(volume).sort()),
  };
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** Without what differs from run to run. */
export function plain(value: unknown): unknown {
  if (!isFields(value) || !isFields(value.metadata)) return value;
  const { uid: _, resourceVersion: __, creationTimestamp: ___, ...metadata } = value.metadata;
  if (Array.isArray(metadata.managedFields)) {
    const entries = metadata.managedFields.filter(isFields).map(({ time: _, ...entry }) => entry);
    // In the order of time in truth, which depends on when a second ends.
    const order = (entry: Fields): string => canonical([entry.operation, entry.manager, entry.subresource]);
    metadata.managedFields = entries.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }
  return { ...value, metadata };
}

export function refusal(error: unknown): unknown {
  if (!(error instanceof StoreError)) throw error;
  const { reason, message, causes, details } = error;
  return { reason, message, ...(causes.length > 0 ? { causes } : {}), details };
}

export function masked(error: unknown, uid: string | undefined): unknown {
  if (error instanceof StoreError && uid) error.message = error.message.replaceAll(uid, "UID");
  return error;
}
