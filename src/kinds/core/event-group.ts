import { Type } from "typebox";
import type { Kind } from "../kind.ts";
import { int, ObjectReference, shape, text, time } from "./shape.ts";

const schema = Type.Object({
  action: Type.Optional(text),
  deprecatedCount: Type.Optional(int),
  deprecatedFirstTimestamp: Type.Optional(time),
  deprecatedLastTimestamp: Type.Optional(time),
  deprecatedSource: Type.Optional(shape("EventSource", {}, { component: text, host: text })),
  eventTime: Type.Optional(time),
  note: Type.Optional(text),
  reason: Type.Optional(text),
  regarding: Type.Optional(ObjectReference),
  related: Type.Optional(ObjectReference),
  reportingController: Type.Optional(text),
  reportingInstance: Type.Optional(text),
  series: Type.Optional(shape("EventSeries", {}, { count: int, lastObservedTime: time })),
  type: Type.Optional(text),
});

/** Events as the group events.k8s.io shows them. They are stored in the core group's form. */
export const eventGroupKind: Kind = {
  type: { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true },
  singular: "event",
  shortNames: ["ev"],
  description: "Event is a report of something that happened to an object.",
  schema,
};
