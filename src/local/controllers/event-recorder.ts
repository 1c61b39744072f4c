import { randomBytes } from "node:crypto";
import type { Event } from "../../kinds/core/event.ts";
import type { KubeObject } from "../../store/object.ts";
import { isNamespaceEnding } from "./namespace-ending.ts";
import type { Objects } from "./objects.ts";
import { timestamp } from "./time.ts";

interface EventInput {
  type?: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** Reports what a controller did, for `kubectl describe` and `kubectl events`. */
export interface EventRecorder {
  record(component: string, object: KubeObject, event: EventInput): void;
}

/** Repeated events are one event that is counted. Reporting never fails what is reported. */
export function eventRecorder(
  events: Objects<Event>,
  now: () => Date,
  report: (error: unknown) => void,
): EventRecorder {
  const latest = new Map<string, Promise<Event | undefined>>();

  async function write(earlier: Event | undefined, component: string, object: KubeObject, input: EventInput) {
    const time = timestamp(now());
    const known = earlier && events.get(`${earlier.metadata.namespace}/${earlier.metadata.name}`);
    if (known) return events.update({ ...known, count: (known.count ?? 1) + 1, lastTimestamp: time });
    return events.create(newEvent(component, object, input, time));
  }

  return {
    record(component, object, input) {
      const key = JSON.stringify([object.metadata.uid, component, input.reason, input.message]);
      const written = (latest.get(key) ?? Promise.resolve(undefined))
        .then((earlier) => write(earlier, component, object, input))
        .catch((error: unknown) => {
          if (!isNamespaceEnding(error)) report(error);
          return undefined;
        });
      latest.delete(key);
      latest.set(key, written);
      const [oldest] = latest.keys();
      if (latest.size > REMEMBERED && oldest !== undefined) latest.delete(oldest);
    },
  };
}

const REMEMBERED = 4096;

function newEvent(component: string, object: KubeObject, input: EventInput, time: string): Event {
  const { name, namespace = "default", uid, resourceVersion } = object.metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      namespace,
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    type: input.type ?? "Normal",
    reason: input.reason,
    message: input.message,
    source: { component },
    reportingComponent: component,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
