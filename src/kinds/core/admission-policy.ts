/** Policies in CEL, kept so that YAML that holds them applies. The one-machine world does not evaluate them. */
import { Type } from "typebox";
import type { Kind } from "../kind.ts";
import { anything } from "./shape.ts";

const group = "admissionregistration.k8s.io";
const schema = Type.Object({ spec: Type.Optional(anything), status: Type.Optional(anything) });

export const validatingAdmissionPolicyKind: Kind = {
  type: {
    group,
    version: "v1",
    plural: "validatingadmissionpolicies",
    kind: "ValidatingAdmissionPolicy",
    namespaced: false,
  },
  singular: "validatingadmissionpolicy",
  description: "ValidatingAdmissionPolicy refuses objects by expressions.",
  schema,
  status: true,
};

export const validatingAdmissionPolicyBindingKind: Kind = {
  type: {
    group,
    version: "v1",
    plural: "validatingadmissionpolicybindings",
    kind: "ValidatingAdmissionPolicyBinding",
    namespaced: false,
  },
  singular: "validatingadmissionpolicybinding",
  description: "ValidatingAdmissionPolicyBinding says where a ValidatingAdmissionPolicy holds.",
  schema,
};
