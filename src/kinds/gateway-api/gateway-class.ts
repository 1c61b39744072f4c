/** GatewayClass: which controller serves Gateways of a class. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import { problem } from "./checks.ts";
import { conditions, controllerName, GROUP, listMap, localParametersRef, namespaceName, waiting } from "./common.ts";

const spec = Type.Object({
  controllerName: controllerName(),
  description: Type.Optional(Type.String({ maxLength: 64 })),
  parametersRef: Type.Optional(Type.Object({ ...localParametersRef, namespace: Type.Optional(namespaceName()) })),
});

const status = Type.Object(
  {
    conditions: Type.Optional(conditions({ default: waiting("Accepted") })),
    supportedFeatures: Type.Optional(listMap(Type.Object({ name: Type.String() }), ["name"], { maxItems: 64 })),
  },
  { default: { conditions: waiting("Accepted") } },
);

const schema = Type.Object({ spec, status: Type.Optional(status) });

export interface GatewayClassObject extends KubeObject {
  spec: Static<typeof spec>;
}

export const gatewayClassKind: Kind<GatewayClassObject> = {
  type: { group: GROUP, version: "v1", plural: "gatewayclasses", kind: "GatewayClass", namespaced: false },
  otherVersions: ["v1beta1"],
  singular: "gatewayclass",
  shortNames: ["gc"],
  categories: ["gateway-api"],
  description: "A class of Gateways and the controller that serves them.",
  schema,
  status: true,
  columns: [
    { name: "Controller", type: "string", jsonPath: ".spec.controllerName" },
    { name: "Accepted", type: "string", jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Description", type: "string", jsonPath: ".spec.description", priority: 1 },
  ],
  validateUpdate: (gatewayClass, old) =>
    gatewayClass.spec.controllerName === old.spec.controllerName
      ? []
      : [
          problem(
            "conflict",
            "spec.controllerName",
            "Value is immutable",
            "make a GatewayClass of another name, and delete this one",
          ),
        ],
  defaults: (gatewayClass) => withSchemaDefaults(schema, gatewayClass),
};
