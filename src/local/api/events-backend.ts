/** The group events.k8s.io: the events of the core group in another form. */
import { eventKind } from "../../kinds/core/event.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { Patch } from "../../store/store.ts";
import { type Backend, typed } from "./backend.ts";

const CORE = eventKind.type;

export function eventsBackend(core: Backend): Backend {
  const shown = <T extends KubeObject>(event: KubeObject): T => typed(toNew(event));
  return {
    async list<T extends KubeObject>(_: ResourceType, options = {}) {
      const list = await core.list(CORE, options);
      return { ...list, items: list.items.map((event) => shown<T>(event)) };
    },
    async *watch<T extends KubeObject>(_: ResourceType, options: Parameters<Backend["watch"]>[1]) {
      for await (const event of core.watch(CORE, options)) {
        yield event.type === "BOOKMARK" ? event : { ...event, object: shown<T>(event.object) };
      }
    },
    get: async (_, name) => shown(await core.get(CORE, name)),
    create: async (_, object, options) => shown(await core.create(CORE, toOld(object), options)),
    update: async (_, object, options) => shown(await core.update(CORE, toOld(object), options)),
    // The fields that clients patch (series, note) are few; metadata is named alike in both.
    patch: async (_, name, patch, options) => {
      const old: Patch = patch.type === "json" ? patch : { type: patch.type, body: fieldsToOld(patch.body) };
      return shown(await core.patch(CORE, name, old, options));
    },
    delete: (_, name, options) => core.delete(CORE, name, options),
    async remove(_, name, options) {
      const removed = await core.remove(CORE, name, options);
      return { ...removed, object: shown(removed.object) };
    },
  };
}

/** New name of a field → its name in the core group. */
const FIELDS: Readonly<Record<string, string>> = {
  regarding: "involvedObject",
  note: "message",
  reportingController: "reportingComponent",
  deprecatedSource: "source",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedCount: "count",
};
const OLD_FIELDS = Object.fromEntries(Object.entries(FIELDS).map(([now, old]) => [old, now]));

function renamed(object: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [names[name] ?? name, value]));
}

const fieldsToOld = (object: object): Record<string, unknown> => renamed(object, FIELDS);

function toOld(event: KubeObject): KubeObject {
  return { ...fieldsToOld(event), apiVersion: "v1", kind: "Event", metadata: event.metadata };
}

function toNew(event: KubeObject): KubeObject {
  return { ...renamed(event, OLD_FIELDS), apiVersion: "events.k8s.io/v1", kind: "Event", metadata: event.metadata };
}
