/** ReferenceGrant: a namespace lets objects of others refer to its own. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { atomicList, GROUP, groupName, kindName, namespaceName, objectName } from "./common.ts";

const spec = Type.Object({
  from: atomicList(Type.Object({ group: groupName(), kind: kindName(), namespace: namespaceName() }), {
    minItems: 1,
    maxItems: 16,
    description: "Kinds and namespaces of objects that may refer.",
  }),
  to: atomicList(Type.Object({ group: groupName(), kind: kindName(), name: Type.Optional(objectName()) }), {
    minItems: 1,
    maxItems: 16,
    description: "What in this namespace they may refer to; without a name: all of the kind.",
  }),
});
export type ReferenceGrantSpec = Static<typeof spec>;

export interface ReferenceGrantObject extends KubeObject {
  spec: ReferenceGrantSpec;
}

export const referenceGrantKind: Kind<ReferenceGrantObject> = {
  // v1beta1 is the stored version upstream too.
  type: { group: GROUP, version: "v1beta1", plural: "referencegrants", kind: "ReferenceGrant", namespaced: true },
  otherVersions: ["v1"],
  singular: "referencegrant",
  shortNames: ["refgrant"],
  categories: ["gateway-api"],
  description: "Lets objects of other namespaces refer to objects of this one.",
  schema: Type.Object({ spec }),
  columns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
};
