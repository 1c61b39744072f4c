/** Pieces that Istio's kinds share. Their meaning beyond types is checked in the `check-…` files. */
import { type TProperties, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import { bool, intOrText, list, oneOf, shape, text, textMap, texts } from "../core/shape.ts";
import type { Kind } from "../kind.ts";
import { exclusive, oneOfFields, ruled } from "./cel.ts";
import { shapeProblems } from "./shape-problems.ts";

/** A duration as Go writes it: `1.5s`, `300ms`, `1h30m`. */
export const anyDuration = Type.String({ title: "Duration" });
/** No pattern beside it: for what stands in lists of lists the API server would find it too dear. */
export const duration = ruled(anyDuration, {
  "duration(self) >= duration('1ms')": "must be a duration of at least 1ms; write it as 1.5s",
});
export const uint32 = Type.Integer({ minimum: 0, maximum: 4294967295 });
export const int32 = Type.Integer({ minimum: -2147483648, maximum: 2147483647 });
export const double = Type.Number();
/** Any JSON object, kept as it is. */
export const struct = Type.Record(Type.String(), Type.Unknown());

export const Percent = shape("Percent", {}, { value: double });
export type Percent = Type.Static<typeof Percent>;

/** Exactly one of the three, or none where presence is what is asked for. */
export const StringMatch = exclusive(shape("StringMatch", {}, { exact: text, prefix: text, regex: text }), [
  "exact",
  "prefix",
  "regex",
]);
export type StringMatch = Type.Static<typeof StringMatch>;

export const PortSelector = shape("PortSelector", {}, { number: uint32 });

export const Destination = shape("Destination", { host: text }, { port: PortSelector, subset: text });
export type Destination = Type.Static<typeof Destination>;

/** `matchLabels` of policies; networking kinds of old say `labels`. */
const labelValue = ruled(Type.String({ maxLength: 63 }), { "!self.contains('*')": "wildcards are not allowed" });
const matchLabels = ruled(Type.Record(Type.String(), labelValue, { maxProperties: 4096 }), {
  "self.all(key, !key.contains('*'))": "wildcards are not allowed in keys",
  "self.all(key, key.size() != 0)": "keys must not be empty",
});
export const PolicySelector = shape("WorkloadSelector", {}, { matchLabels });
const labels = Type.Record(Type.String(), labelValue, { maxProperties: 256 });
export const LabelsSelector = shape("WorkloadSelector", {}, { labels });

const sameNamespace = ruled(text, { "self.size() == 0": "a policy is for its own namespace" });
export const TargetRef = shape(
  "PolicyTargetReference",
  { kind: text, name: text },
  { group: text, namespace: sameNamespace },
);
/** What a policy is for is said in one way. */
export const ONE_TARGET = oneOfFields("selector", "targetRef", "targetRefs");

/** Of a workload or a service. */
export const portNumber = ruled(uint32, { "0 < self && self <= 65535": "must be a port, 1 to 65535" });

export const NumberedPort = shape(
  "Port",
  { number: portNumber, name: text },
  { protocol: text, targetPort: portNumber },
);

const Condition = shape(
  "IstioCondition",
  { type: text },
  {
    status: text,
    reason: text,
    message: text,
    lastTransitionTime: text,
    lastProbeTime: text,
    observedGeneration: intOrText,
  },
);

const ValidationMessage = shape(
  "AnalysisMessageBase",
  {},
  {
    type: shape("AnalysisMessageType", {}, { code: text, name: text }),
    level: oneOf("UNKNOWN", "ERROR", "WARNING", "INFO"),
    documentationUrl: text,
  },
);

const IstioStatus = shape(
  "IstioStatus",
  {},
  {
    // by type: who writes one of them leaves the others' alone
    conditions: Type.Optional(
      Type.Array(Condition, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
    ),
    validationMessages: list(ValidationMessage),
    observedGeneration: intOrText,
    /** Of ServiceEntries only: addresses that were given to hosts without any. */
    addresses: list(shape("ServiceEntryAddress", {}, { value: text, host: text })),
  },
);
type IstioStatus = Type.Static<typeof IstioStatus>;

/** An object of one of Istio's kinds: all have a spec and the same status. */
export interface IstioObject<Spec> extends KubeObject {
  spec?: Spec;
  status?: IstioStatus;
}

interface Names {
  group: "networking" | "security" | "telemetry" | "extensions";
  version: string;
  otherVersions?: readonly string[];
  kind: string;
  plural: string;
}

/** What Istio's kinds have in common: scope, categories, the shape of the object, its status as a subresource. */
export function istioKind<Spec>(
  names: Names,
  spec: ReturnType<typeof Type.Object<TProperties>>,
  rest: Pick<Kind<IstioObject<Spec>>, "description" | "shortNames" | "columns" | "listMapKeys" | "validate" | "warn">,
): Kind<IstioObject<Spec>> {
  const group = `${names.group}.istio.io`;
  const schema = Type.Object({ spec: Type.Optional(spec), status: Type.Optional(IstioStatus) }, { title: names.kind });
  const { validate, warn } = rest;
  return {
    type: { group, version: names.version, plural: names.plural, kind: names.kind, namespaced: true },
    ...(names.otherVersions && { otherVersions: names.otherVersions }),
    singular: names.kind.toLowerCase(),
    categories: ["istio-io", `${names.group}-istio-io`],
    schema,
    status: true,
    ...rest,
    // Whoever asks without having looked at the schema gets its problems, never an exception.
    ...(validate && {
      validate: (object) => {
        const problems = shapeProblems(schema, object);
        return problems.length > 0 ? problems : validate(object);
      },
    }),
    ...(warn && { warn: (object) => (shapeProblems(schema, object).length > 0 ? [] : warn(object)) }),
  };
}

export const AGE = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" } as const;

export { bool, list, oneOf, shape, text, textMap, texts };
