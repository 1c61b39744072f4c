/** Roles and who has them. The four kinds share their forms. */
import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { immutable } from "./pod-validation.ts";
import { anything, list, shape, text, texts } from "./shape.ts";

const PolicyRule = shape(
  "PolicyRule",
  { verbs: texts },
  { apiGroups: texts, resources: texts, resourceNames: texts, nonResourceURLs: texts },
);
export type PolicyRule = Type.Static<typeof PolicyRule>;

const Subject = shape("Subject", { kind: text, name: text }, { apiGroup: text, namespace: text });
export type Subject = Type.Static<typeof Subject>;

const RoleRef = shape("RoleRef", { kind: text, name: text }, { apiGroup: text });

const roleSchema = Type.Object({ rules: Type.Optional(Type.Union([list(PolicyRule), Type.Null()])) });
const clusterRoleSchema = Type.Object({
  rules: Type.Optional(Type.Union([list(PolicyRule), Type.Null()])),
  aggregationRule: Type.Optional(anything),
});
const bindingSchema = Type.Object({ roleRef: RoleRef, subjects: Type.Optional(list(Subject)) });

export type Role = KubeObject & Type.Static<typeof roleSchema>;
export type RoleBinding = KubeObject & Type.Static<typeof bindingSchema>;

const group = "rbac.authorization.k8s.io";

export const roleKind: Kind<Role> = {
  type: { group, version: "v1", plural: "roles", kind: "Role", namespaced: true },
  singular: "role",
  description: "Role is a set of permissions in a namespace.",
  schema: roleSchema,
};

export const clusterRoleKind: Kind<Role> = {
  type: { group, version: "v1", plural: "clusterroles", kind: "ClusterRole", namespaced: false },
  singular: "clusterrole",
  description: "ClusterRole is a set of permissions that can be granted in a namespace or everywhere.",
  schema: clusterRoleSchema,
};

export const roleBindingKind: Kind<RoleBinding> = {
  type: { group, version: "v1", plural: "rolebindings", kind: "RoleBinding", namespaced: true },
  singular: "rolebinding",
  description: "RoleBinding grants a role in its namespace.",
  schema: bindingSchema,
  defaults: defaultBinding,
  validateUpdate: (binding, old) => immutable("roleRef", binding.roleRef, old.roleRef),
};

export const clusterRoleBindingKind: Kind<RoleBinding> = {
  type: { group, version: "v1", plural: "clusterrolebindings", kind: "ClusterRoleBinding", namespaced: false },
  singular: "clusterrolebinding",
  description: "ClusterRoleBinding grants a role everywhere.",
  schema: bindingSchema,
  defaults: defaultBinding,
  validateUpdate: (binding, old) => immutable("roleRef", binding.roleRef, old.roleRef),
};

function defaultBinding(binding: RoleBinding): RoleBinding {
  return {
    ...binding,
    roleRef: { ...binding.roleRef, apiGroup: binding.roleRef.apiGroup || group },
    ...(binding.subjects && {
      subjects: binding.subjects.map((subject) =>
        subject.kind === "ServiceAccount" ? subject : { ...subject, apiGroup: subject.apiGroup || group },
      ),
    }),
  };
}
