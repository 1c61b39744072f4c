import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { isLabel, LABEL_RULE } from "./names.ts";
import { Condition, list, oneOf, shape, texts } from "./shape.ts";

const schema = Type.Partial(
  Type.Object({
    spec: shape("NamespaceSpec", {}, { finalizers: texts }),
    status: shape("NamespaceStatus", {}, { phase: oneOf("Active", "Terminating"), conditions: list(Condition) }),
  }),
);

export type Namespace = KubeObject & Type.Static<typeof schema>;

/** The label by which selectors find a namespace by name. */
const NAME_LABEL = "kubernetes.io/metadata.name";

export const namespaceKind: Kind<Namespace> = {
  type: { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false },
  singular: "namespace",
  shortNames: ["ns"],
  description: "Namespace provides a scope for names.",
  schema,
  status: true,
  listMapKeys: { "status.conditions": ["type"] },
  defaults: (namespace) => ({
    ...namespace,
    metadata: {
      ...namespace.metadata,
      // An object with a name to be generated gets the label once the name is known.
      ...(namespace.metadata.name && {
        labels: { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name },
      }),
    },
    status: { phase: "Active", ...namespace.status },
  }),
  validate: ({ metadata: { name } }) =>
    isLabel(name) ? [] : [{ code: "LTN1101", field: "metadata.name", message: LABEL_RULE }],
};
