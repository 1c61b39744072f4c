/** What metadata may hold: first its types (it comes from outside), then Kubernetes' rules for names and labels. */
import { Type } from "typebox";
import { forbiddenField, invalidValue, required, tooLong } from "../causes.ts";
import type { StatusCause } from "../error.ts";
import type { ObjectMeta, ResourceType } from "../object.ts";
import { fieldPath } from "./paths.ts";
import { schemaCheck } from "./schema-check.ts";
import { unknownFields } from "./unknown-fields.ts";

const texts = Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]);

const schema = Type.Object({
  metadata: Type.Object({
    name: Type.Optional(Type.String()),
    generateName: Type.Optional(Type.String()),
    namespace: Type.Optional(Type.String()),
    labels: Type.Optional(texts),
    annotations: Type.Optional(texts),
    finalizers: Type.Optional(Type.Array(Type.String())),
    ownerReferences: Type.Optional(
      Type.Array(
        Type.Object({
          apiVersion: Type.String({ minLength: 1 }),
          kind: Type.String({ minLength: 1 }),
          name: Type.String({ minLength: 1 }),
          uid: Type.String({ minLength: 1 }),
          controller: Type.Optional(Type.Boolean()),
          blockOwnerDeletion: Type.Optional(Type.Boolean()),
        }),
      ),
    ),
    uid: Type.Optional(Type.String()),
    resourceVersion: Type.Optional(Type.String()),
    generation: Type.Optional(Type.Integer()),
    creationTimestamp: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    deletionTimestamp: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    deletionGracePeriodSeconds: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    selfLink: Type.Optional(Type.String()),
    managedFields: Type.Optional(Type.Union([Type.Array(Type.Record(Type.String(), Type.Unknown())), Type.Null()])),
  }),
});

const checkSchema = schemaCheck(schema);

/** Whether metadata has the types that the store goes on to rely on. */
export function metadataTypes(metadata: unknown): StatusCause[] {
  return checkSchema({ metadata });
}

export function unknownMetadata(metadata: ObjectMeta): ReturnType<typeof unknownFields> {
  return unknownFields(schema, { metadata });
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_1123 = new RegExp(`^${LABEL}$`);
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const ANNOTATIONS_LIMIT = 256 * 1024;

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1123_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

export function metadataRules(type: ResourceType, metadata: ObjectMeta, old: ObjectMeta | undefined): StatusCause[] {
  const causes = old ? [] : nameRules(type, metadata.name);
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    const wrong = qualifiedName(key);
    if (wrong !== undefined) causes.push(invalidValue("metadata.labels", key, wrong));
    const field = fieldPath(["metadata", "labels"]);
    if (value.length > 63) causes.push(invalidValue(field, value, "must be no more than 63 bytes"));
    else if (!LABEL_VALUE.test(value)) causes.push(invalidValue(field, value, LABEL_VALUE_RULE));
  }
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    const wrong = qualifiedName(key.toLowerCase());
    if (wrong !== undefined) causes.push(invalidValue("metadata.annotations", key, wrong));
    size += key.length + Buffer.byteLength(value);
  }
  if (size > ANNOTATIONS_LIMIT) causes.push(tooLong("metadata.annotations", ANNOTATIONS_LIMIT));
  const controllers = (metadata.ownerReferences ?? []).filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const reason = "Only one reference can have Controller set to true. Found more than one";
    causes.push(invalidValue("metadata.ownerReferences", metadata.ownerReferences, reason));
  }
  for (const finalizer of metadata.finalizers ?? []) {
    const wrong = qualifiedName(finalizer);
    if (wrong !== undefined) causes.push(invalidValue("metadata.finalizers", finalizer, wrong));
  }
  if (old?.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer));
    const names = added.map((name) => JSON.stringify(name)).join(", ");
    const reason = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
    if (added.length > 0) causes.push(forbiddenField("metadata.finalizers", reason));
  }
  return causes;
}

function nameRules({ group, plural }: ResourceType, name: string): StatusCause[] {
  const field = "metadata.name";
  if (name === "") return [required(field, "name or generateName is required")];
  // Roles and their like are named freely (`system:node`): they only have to fit into a path.
  if (group === "rbac.authorization.k8s.io") {
    return /^\.{1,2}$|[/%]/.test(name)
      ? [invalidValue(field, name, "may not be '.' or '..', nor contain '/' or '%'")]
      : [];
  }
  const [pattern, limit, rule] =
    group === "" && plural === "namespaces"
      ? ([LABEL_1123, 63, LABEL_1123_RULE] as const)
      : group === "" && plural === "services"
        ? ([LABEL_1035, 63, LABEL_1035_RULE] as const)
        : ([SUBDOMAIN, 253, SUBDOMAIN_RULE] as const);
  if (name.length > limit) return [invalidValue(field, name, `must be no more than ${limit} characters`)];
  return pattern.test(name) ? [] : [invalidValue(field, name, rule)];
}

/** What is wrong with a key of labels or annotations: `prefix/name`, the prefix a domain. */
function qualifiedName(key: string): string | undefined {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2) return `a qualified name ${QUALIFIED_RULE}`;
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") return "prefix part must be non-empty";
    if (prefix.length > 253 || !SUBDOMAIN.test(prefix)) return `prefix part ${SUBDOMAIN_RULE}`;
  }
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 bytes";
  return QUALIFIED.test(name) ? undefined : QUALIFIED_RULE;
}
