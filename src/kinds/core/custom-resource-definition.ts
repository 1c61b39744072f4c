import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { anything } from "./shape.ts";

const schema = Type.Object({ spec: anything, status: Type.Optional(anything) });

export type CustomResourceDefinition = KubeObject & Type.Static<typeof schema>;

/** Not stored: the API server derives one from each kind that Kubernetes itself does not have. */
export const customResourceDefinitionKind: Kind<CustomResourceDefinition> = {
  type: {
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
  },
  singular: "customresourcedefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  description: "CustomResourceDefinition describes a kind that is not Kubernetes' own.",
  schema,
  status: true,
};
