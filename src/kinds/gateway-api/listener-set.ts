/** ListenerSet: listeners that others than its owner add to a Gateway, where that allows it. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import { conditions, GROUP, groupName, kindName, listMap, namespaceName, objectName, waiting } from "./common.ts";
import { listener, listenerStatuses } from "./gateway.ts";
import { checkListeners } from "./gateway-checks.ts";

const spec = Type.Object({
  parentRef: Type.Object({
    group: Type.Optional(groupName({ default: GROUP })),
    kind: Type.Optional(kindName({ default: "Gateway" })),
    name: objectName(),
    namespace: Type.Optional(namespaceName()),
  }),
  listeners: listMap(listener, ["name"], { minItems: 1, maxItems: 64 }),
});
export type ListenerSetSpec = Static<typeof spec>;

const initial = { conditions: waiting("Accepted", "Programmed") };
const status = Type.Object(
  {
    conditions: Type.Optional(conditions({ default: initial.conditions })),
    listeners: Type.Optional(listenerStatuses()),
  },
  { default: initial },
);

const schema = Type.Object({ spec, status: Type.Optional(status) });

export interface ListenerSetObject extends KubeObject {
  spec: ListenerSetSpec;
}

export const listenerSetKind: Kind<ListenerSetObject> = {
  type: { group: GROUP, version: "v1", plural: "listenersets", kind: "ListenerSet", namespaced: true },
  singular: "listenerset",
  shortNames: ["lset"],
  categories: ["gateway-api"],
  description: "Listeners that are added to a Gateway, where its allowedListeners let them.",
  schema,
  status: true,
  columns: [
    { name: "Accepted", type: "string", jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
    { name: "Programmed", type: "string", jsonPath: '.status.conditions[?(@.type=="Programmed")].status' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  listMapKeys: { "spec.listeners": ["name"] },
  defaults: (set) => withSchemaDefaults(schema, set),
  validate: ({ spec: { listeners } }) => checkListeners(listeners),
};
