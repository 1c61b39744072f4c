/** Gateway: ports at which traffic enters the mesh. Its rules are in gateway-checks.ts. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import {
  atomicList,
  conditions,
  GROUP,
  groupName,
  hostname,
  kindName,
  labelSelector,
  listMap,
  localParametersRef,
  map,
  namespaceName,
  objectName,
  oneOf,
  portNumber,
  secretRef,
  sectionName,
  waiting,
} from "./common.ts";
import { checkGateway } from "./gateway-checks.ts";

const SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

const addressType = () =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: `^Hostname|IPAddress|NamedAddress|${SUBDOMAIN}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
      default: "IPAddress",
    }),
  );
const address = Type.Object({ type: addressType(), value: Type.Optional(Type.String({ maxLength: 253 })) });

const routeKind = Type.Object({ group: Type.Optional(groupName({ default: GROUP })), kind: kindName() });

const namespacesFrom = { from: "Same" };
const allowedRoutes = Type.Object(
  {
    namespaces: Type.Optional(
      Type.Object(
        {
          from: Type.Optional(oneOf(["All", "Selector", "Same"], { default: "Same" })),
          selector: Type.Optional(labelSelector),
        },
        { default: namespacesFrom },
      ),
    ),
    kinds: Type.Optional(atomicList(routeKind, { maxItems: 8 })),
  },
  { default: { namespaces: namespacesFrom }, description: "Routes that may attach themselves." },
);
export type AllowedRoutes = Static<typeof allowedRoutes>;

const listenerTls = Type.Object({
  mode: Type.Optional(oneOf(["Terminate", "Passthrough"], { default: "Terminate" })),
  certificateRefs: Type.Optional(atomicList(secretRef, { maxItems: 64 })),
  options: Type.Optional(map(Type.String({ maxLength: 4096 }), { maxProperties: 16 })),
});

export const listener = Type.Object({
  name: sectionName(),
  hostname: Type.Optional(hostname()),
  port: portNumber(),
  protocol: Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: `^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|${SUBDOMAIN}\\/[A-Za-z0-9]+$`,
  }),
  tls: Type.Optional(listenerTls),
  allowedRoutes: Type.Optional(allowedRoutes),
});
export type GatewayListener = Static<typeof listener>;

const caReferences = atomicList(
  Type.Object({ group: groupName(), kind: kindName(), namespace: Type.Optional(namespaceName()), name: objectName() }),
  { minItems: 1, maxItems: 16 },
);
const frontendTls = Type.Object({
  validation: Type.Optional(
    Type.Object({
      caCertificateRefs: caReferences,
      mode: Type.Optional(oneOf(["AllowValidOnly", "AllowInsecureFallback"], { default: "AllowValidOnly" })),
    }),
  ),
});

const spec = Type.Object({
  gatewayClassName: Type.String({ minLength: 1, maxLength: 253 }),
  listeners: listMap(listener, ["name"], { minItems: 1, maxItems: 64 }),
  addresses: Type.Optional(atomicList(address, { maxItems: 16 })),
  allowedListeners: Type.Optional(
    Type.Object({
      namespaces: Type.Optional(
        Type.Object(
          {
            from: Type.Optional(oneOf(["All", "Selector", "Same", "None"], { default: "None" })),
            selector: Type.Optional(labelSelector),
          },
          { default: { from: "None" } },
        ),
      ),
    }),
  ),
  infrastructure: Type.Optional(
    Type.Object(
      {
        labels: Type.Optional(
          map(Type.String({ maxLength: 63, pattern: "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$" }), {
            maxProperties: 8,
          }),
        ),
        annotations: Type.Optional(map(Type.String({ maxLength: 4096 }), { maxProperties: 16 })),
        parametersRef: Type.Optional(Type.Object(localParametersRef)),
      },
      { description: "What the objects made for this Gateway carry." },
    ),
  ),
  tls: Type.Optional(
    Type.Object({
      backend: Type.Optional(Type.Object({ clientCertificateRef: Type.Optional(secretRef) })),
      frontend: Type.Optional(
        Type.Object({
          default: frontendTls,
          perPort: Type.Optional(
            listMap(Type.Object({ port: portNumber(), tls: frontendTls }), ["port"], { maxItems: 64 }),
          ),
        }),
      ),
    }),
  ),
});
export type GatewaySpec = Static<typeof spec>;

export const listenerStatuses = () =>
  listMap(
    Type.Object({
      name: sectionName(),
      supportedKinds: Type.Optional(atomicList(routeKind, { maxItems: 8 })),
      attachedRoutes: Type.Integer({ format: "int32" }),
      conditions: conditions(),
    }),
    ["name"],
    { maxItems: 64 },
  );

const status = Type.Object(
  {
    addresses: Type.Optional(
      atomicList(Type.Object({ type: addressType(), value: Type.String({ minLength: 1, maxLength: 253 }) }), {
        maxItems: 16,
      }),
    ),
    attachedListenerSets: Type.Optional(Type.Integer({ format: "int32" })),
    conditions: Type.Optional(conditions({ default: waiting("Accepted", "Programmed") })),
    listeners: Type.Optional(listenerStatuses()),
  },
  { default: { conditions: waiting("Accepted", "Programmed") } },
);

const schema = Type.Object({ spec, status: Type.Optional(status) });

export interface GatewayObject extends KubeObject {
  spec: GatewaySpec;
}

export const gatewayKind: Kind<GatewayObject> = {
  type: { group: GROUP, version: "v1", plural: "gateways", kind: "Gateway", namespaced: true },
  otherVersions: ["v1beta1"],
  singular: "gateway",
  shortNames: ["gtw"],
  categories: ["gateway-api"],
  description: "Ports at which traffic enters the mesh, and the routes that may attach themselves.",
  schema,
  status: true,
  columns: [
    { name: "Class", type: "string", jsonPath: ".spec.gatewayClassName" },
    { name: "Address", type: "string", jsonPath: ".status.addresses[*].value" },
    { name: "Programmed", type: "string", jsonPath: '.status.conditions[?(@.type=="Programmed")].status' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  listMapKeys: { "spec.listeners": ["name"] },
  defaults: (gateway) => withSchemaDefaults(schema, gateway),
  validate: (gateway) => checkGateway(gateway.spec),
};
