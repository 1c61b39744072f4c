/** Pieces of schema that the kinds of gateway.networking.k8s.io share, with the limits of its CRDs (v1.6). */
import { type Static, type TSchema, Type } from "typebox";

export const GROUP = "gateway.networking.k8s.io";

const SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const PATH_CHARACTERS = "[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+";
const HEADER_NAME_PATTERN = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$";

/** A JSON object used as a map. (Type.Record says it with patternProperties, which CRDs do not know.) */
export function map<V extends TSchema>(value: V, options: object = {}) {
  return Type.Unsafe<Record<string, Static<V>>>({ type: "object", additionalProperties: value, ...options });
}

/** A list whose items are told apart by `keys`, for server-side apply. */
export function listMap<V extends TSchema>(item: V, keys: readonly string[], options: object = {}) {
  return Type.Array(item, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [...keys], ...options });
}

export function atomicList<V extends TSchema>(item: V, options: object = {}) {
  return Type.Array(item, { "x-kubernetes-list-type": "atomic", ...options });
}

/** A list that must not hold a value twice. */
export function setList<V extends TSchema>(item: V, options: object = {}) {
  return Type.Array(item, { "x-kubernetes-list-type": "set", ...options });
}

export function oneOf<const V extends readonly string[]>(values: V, options: object = {}) {
  return Type.Unsafe<V[number]>({ type: "string", enum: [...values], ...options });
}

export const groupName = (options: object = {}) =>
  Type.String({ maxLength: 253, pattern: `^$|^${SUBDOMAIN}$`, ...options });
export const kindName = (options: object = {}) =>
  Type.String({ minLength: 1, maxLength: 63, pattern: "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$", ...options });
export const objectName = () => Type.String({ minLength: 1, maxLength: 253 });
export const namespaceName = () =>
  Type.String({ minLength: 1, maxLength: 63, pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" });
export const sectionName = () => Type.String({ minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}$` });
export const hostname = () => Type.String({ minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${SUBDOMAIN}$` });
export const preciseHostname = () => Type.String({ minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}$` });
export const portNumber = () => Type.Integer({ format: "int32", minimum: 1, maximum: 65535 });
export const headerName = () => Type.String({ minLength: 1, maxLength: 256, pattern: HEADER_NAME_PATTERN });
export const duration = () => Type.String({ pattern: "^([0-9]{1,5}(h|m|s|ms)){1,4}$" });
export const controllerName = () =>
  Type.String({ minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}\\/${PATH_CHARACTERS}$` });

const condition = Type.Object({
  type: Type.String({
    maxLength: 316,
    pattern: `^(${SUBDOMAIN}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`,
  }),
  status: oneOf(["True", "False", "Unknown"]),
  observedGeneration: Type.Optional(Type.Integer({ format: "int64", minimum: 0 })),
  lastTransitionTime: Type.String({ format: "date-time" }),
  reason: Type.String({ minLength: 1, maxLength: 1024, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" }),
  message: Type.String({ maxLength: 32768 }),
});

export const conditions = (options: object = {}) => listMap(condition, ["type"], { maxItems: 8, ...options });

/** What a status says until a controller has seen the object. */
export const waiting = (...types: string[]) =>
  types.map((type) => ({
    type,
    status: "Unknown",
    reason: "Pending",
    message: "Waiting for controller",
    lastTransitionTime: "1970-01-01T00:00:00Z",
  }));

export const parentRef = Type.Object(
  {
    group: Type.Optional(groupName({ default: GROUP })),
    kind: Type.Optional(kindName({ default: "Gateway" })),
    namespace: Type.Optional(namespaceName()),
    name: objectName(),
    sectionName: Type.Optional(sectionName()),
    port: Type.Optional(portNumber()),
  },
  { description: "A Gateway, or a Service whose clients in the mesh the route is for." },
);
export type ParentRef = Static<typeof parentRef>;

export const routeStatus = Type.Object(
  {
    parents: atomicList(
      Type.Object({
        parentRef,
        controllerName: controllerName(),
        conditions: conditions({ minItems: 1 }),
      }),
      { maxItems: 32, description: "What each parent makes of this route." },
    ),
  },
  { description: "Written by controllers." },
);

export const parentRefs = () =>
  Type.Optional(atomicList(parentRef, { maxItems: 32, description: "Where the route is to be attached." }));
export const hostnames = () =>
  Type.Optional(
    atomicList(hostname(), {
      maxItems: 16,
      description: "Hosts that the route is for; without any, those of the listeners it is attached to.",
    }),
  );

const backendReference = {
  group: Type.Optional(groupName({ default: "" })),
  kind: Type.Optional(kindName({ default: "Service" })),
  namespace: Type.Optional(namespaceName()),
  name: objectName(),
  port: Type.Optional(portNumber()),
};
export const backendObjectRef = Type.Object(backendReference);
export type BackendObjectRef = Static<typeof backendObjectRef>;

export const weightedBackend = {
  ...backendReference,
  weight: Type.Optional(Type.Integer({ format: "int32", minimum: 0, maximum: 1_000_000, default: 1 })),
};

export const secretRef = Type.Object({
  group: Type.Optional(groupName({ default: "" })),
  kind: Type.Optional(kindName({ default: "Secret" })),
  namespace: Type.Optional(namespaceName()),
  name: objectName(),
});

export const labelSelector = Type.Object(
  {
    matchLabels: Type.Optional(map(Type.String())),
    matchExpressions: Type.Optional(
      atomicList(
        Type.Object({
          key: Type.String(),
          operator: Type.String(),
          values: Type.Optional(atomicList(Type.String())),
        }),
      ),
    ),
  },
  { "x-kubernetes-map-type": "atomic" },
);
export type LabelSelector = Static<typeof labelSelector>;

export const localParametersRef = { group: groupName(), kind: kindName(), name: objectName() };
