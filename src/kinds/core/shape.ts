/**
 * Short forms for the schemas of Kubernetes' own kinds, in which most fields may be absent. Parts that no component of
 * ours reads are `anything`: they are kept as they come.
 */
import { type TProperties, type TSchema, Type } from "typebox";

/** An object with required and optional fields. `name` is what `kubectl explain` calls its type. */
export function shape<R extends TProperties, O extends TProperties>(name: string, required: R, optional: O) {
  return Type.Object({ ...required, ...Type.Partial(Type.Object(optional)).properties }, { title: name });
}

export const text = Type.String();
export const int = Type.Integer();
export const bool = Type.Boolean();
export const port = Type.Integer({ minimum: 1, maximum: 65535 });
/** RFC 3339. */
export const time = Type.String();
export const texts = Type.Array(Type.String());
export const textMap = Type.Record(Type.String(), Type.String());
export const anything = Type.Record(Type.String(), Type.Unknown());
export const anythings = Type.Array(anything);
/** A port's number or name, a count or a percentage. */
export const intOrText = Type.Union([Type.Integer(), Type.String()]);
/** `500m`, `64Mi`, or a plain number. */
export const quantity = Type.Union([Type.String(), Type.Number()]);
export const quantities = Type.Record(Type.String(), quantity);

export function list<T extends TSchema>(items: T) {
  return Type.Array(items);
}

/** One of a few words. */
export function oneOf<T extends string[]>(...values: [...T]) {
  return Type.Enum(values);
}

export const LabelSelector = shape(
  "LabelSelector",
  {},
  {
    matchLabels: textMap,
    matchExpressions: list(
      shape(
        "LabelSelectorRequirement",
        { key: text, operator: oneOf("In", "NotIn", "Exists", "DoesNotExist") },
        { values: texts },
      ),
    ),
  },
);

export const Condition = shape(
  "Condition",
  { type: text, status: oneOf("True", "False", "Unknown") },
  {
    reason: text,
    message: text,
    lastTransitionTime: Type.Union([time, Type.Null()]),
    lastUpdateTime: Type.Union([time, Type.Null()]),
    lastProbeTime: Type.Union([time, Type.Null()]),
    observedGeneration: int,
  },
);

export const LocalObjectReference = shape("LocalObjectReference", {}, { name: text });

export const ObjectReference = shape(
  "ObjectReference",
  {},
  {
    apiVersion: text,
    fieldPath: text,
    kind: text,
    name: text,
    namespace: text,
    resourceVersion: text,
    uid: text,
  },
);
