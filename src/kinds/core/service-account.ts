import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { bool, LocalObjectReference, list, ObjectReference } from "./shape.ts";

const schema = Type.Partial(
  Type.Object({
    automountServiceAccountToken: bool,
    imagePullSecrets: list(LocalObjectReference),
    secrets: list(ObjectReference),
  }),
);

export type ServiceAccount = KubeObject & Type.Static<typeof schema>;

export const serviceAccountKind: Kind<ServiceAccount> = {
  type: { group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", namespaced: true },
  singular: "serviceaccount",
  shortNames: ["sa"],
  description: "ServiceAccount is the identity of the pods that run under it.",
  schema,
  listMapKeys: { secrets: ["name"] },
};
