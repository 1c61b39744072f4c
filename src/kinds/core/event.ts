import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { int, ObjectReference, shape, text, time } from "./shape.ts";

const schema = Type.Object({
  involvedObject: ObjectReference,
  reason: Type.Optional(text),
  message: Type.Optional(text),
  source: Type.Optional(shape("EventSource", {}, { component: text, host: text })),
  firstTimestamp: Type.Optional(Type.Union([time, Type.Null()])),
  lastTimestamp: Type.Optional(Type.Union([time, Type.Null()])),
  eventTime: Type.Optional(Type.Union([time, Type.Null()])),
  count: Type.Optional(int),
  type: Type.Optional(text),
  series: Type.Optional(shape("EventSeries", {}, { count: int, lastObservedTime: time })),
  action: Type.Optional(text),
  related: Type.Optional(ObjectReference),
  reportingComponent: Type.Optional(text),
  reportingInstance: Type.Optional(text),
});

export type Event = KubeObject & Type.Static<typeof schema>;

/** Under the group events.k8s.io the API server shows the same objects in that group's form. */
export const eventKind: Kind<Event> = {
  type: { group: "", version: "v1", plural: "events", kind: "Event", namespaced: true },
  singular: "event",
  shortNames: ["ev"],
  description: "Event is a report of something that happened to an object.",
  schema,
  defaults: (event) => ({
    ...event,
    source: event.source ?? {},
    reportingComponent: event.reportingComponent ?? "",
    reportingInstance: event.reportingInstance ?? "",
  }),
};
