/** Resources that are questions: they are posted, answered and not kept. */
import { Type } from "typebox";
import type { ServedResource } from "./catalog.ts";

const schema = Type.Object({
  spec: Type.Record(Type.String(), Type.Unknown()),
  status: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

function review(group: string, kind: string, description: string, namespaced = false): ServedResource {
  const type = { group, version: "v1", plural: `${kind.toLowerCase()}s`, kind, namespaced };
  return {
    type,
    kind: { type, singular: kind.toLowerCase(), description, schema, open: true },
    verbs: ["create"],
    subresources: [],
  };
}

export const reviewResources: readonly ServedResource[] = [
  review("authentication.k8s.io", "TokenReview", "TokenReview asks whose token it is."),
  review("authentication.k8s.io", "SelfSubjectReview", "SelfSubjectReview asks who I am."),
  review("authorization.k8s.io", "SubjectAccessReview", "SubjectAccessReview asks whether someone may do something."),
  review("authorization.k8s.io", "SelfSubjectAccessReview", "SelfSubjectAccessReview asks whether I may do something."),
  review("authorization.k8s.io", "SelfSubjectRulesReview", "SelfSubjectRulesReview asks for all that I may do."),
  review(
    "authorization.k8s.io",
    "LocalSubjectAccessReview",
    "LocalSubjectAccessReview asks whether someone may do something in a namespace.",
    true,
  ),
];
