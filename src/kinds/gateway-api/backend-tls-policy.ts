/** BackendTLSPolicy: how gateways speak TLS to a Service, and by which certificate they know it. */
import { type Static, Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind, Problem } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import { duplicates, problem } from "./checks.ts";
import {
  atomicList,
  conditions,
  controllerName,
  GROUP,
  groupName,
  hostname,
  kindName,
  map,
  objectName,
  oneOf,
  parentRef,
  preciseHostname,
  sectionName,
} from "./common.ts";

const target = Type.Object({
  group: groupName(),
  kind: kindName(),
  name: objectName(),
  sectionName: Type.Optional(sectionName()),
});

const subjectAltName = Type.Object({
  type: oneOf(["Hostname", "URI"]),
  hostname: Type.Optional(hostname()),
  uri: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: "^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?",
    }),
  ),
});

const WELL_KNOWN =
  "^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$";

const validation = Type.Object({
  caCertificateRefs: Type.Optional(
    atomicList(Type.Object({ group: groupName(), kind: kindName(), name: objectName() }), { maxItems: 8 }),
  ),
  wellKnownCACertificates: Type.Optional(Type.String({ minLength: 1, maxLength: 253, pattern: WELL_KNOWN })),
  hostname: preciseHostname(),
  subjectAltNames: Type.Optional(atomicList(subjectAltName, { maxItems: 5 })),
});

const spec = Type.Object({
  targetRefs: atomicList(target, { minItems: 1, maxItems: 16 }),
  validation,
  options: Type.Optional(map(Type.String({ maxLength: 4096 }), { maxProperties: 16 })),
});
export type BackendTlsPolicySpec = Static<typeof spec>;

const status = Type.Object({
  ancestors: atomicList(
    Type.Object({ ancestorRef: parentRef, controllerName: controllerName(), conditions: conditions({ minItems: 1 }) }),
    { maxItems: 16, description: "What is made of this policy at each Gateway that it concerns." },
  ),
});

const schema = Type.Object({ spec, status: Type.Optional(status) });

export interface BackendTlsPolicyObject extends KubeObject {
  spec: BackendTlsPolicySpec;
}

export const backendTlsPolicyKind: Kind<BackendTlsPolicyObject> = {
  type: { group: GROUP, version: "v1", plural: "backendtlspolicies", kind: "BackendTLSPolicy", namespaced: true },
  singular: "backendtlspolicy",
  shortNames: ["btlspolicy"],
  categories: ["gateway-api"],
  description: "How gateways speak TLS to a Service, and by which certificate they know it.",
  schema,
  status: true,
  columns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
  defaults: (policy) => withSchemaDefaults(schema, policy),
  validate: ({ spec }) => [...checkTargets(spec), ...checkValidation(spec)],
};

function checkTargets({ targetRefs }: BackendTlsPolicySpec): Problem[] {
  return duplicates(targetRefs, ({ group, kind, name, sectionName = "" }) =>
    [group, kind, name, sectionName].join("|"),
  ).map((i) =>
    problem(
      "duplicate",
      `spec.targetRefs[${i}]`,
      "sectionName must be unique when targetRefs includes 2 or more references to the same target",
      "remove the repeated reference",
    ),
  );
}

function checkValidation({
  validation: { caCertificateRefs = [], wellKnownCACertificates, subjectAltNames = [] },
}: BackendTlsPolicySpec): Problem[] {
  const at = "spec.validation";
  const problems: Problem[] = [];
  if (caCertificateRefs.length > 0 && wellKnownCACertificates !== undefined) {
    problems.push(
      problem(
        "conflict",
        `${at}.wellKnownCACertificates`,
        "must not contain both CACertificateRefs and WellKnownCACertificates",
        "keep one of them",
      ),
    );
  }
  if (caCertificateRefs.length === 0 && wellKnownCACertificates === undefined) {
    problems.push(
      problem(
        "missing",
        `${at}.caCertificateRefs`,
        "must specify either CACertificateRefs or WellKnownCACertificates",
        "name a ConfigMap with ca.crt, or wellKnownCACertificates: System",
      ),
    );
  }
  subjectAltNames.forEach(({ type, hostname: host, uri }, i) => {
    const [own, other] = type === "Hostname" ? [host, uri] : [uri, host];
    if (own !== undefined && other === undefined) return;
    const field = `${at}.subjectAltNames[${i}]`;
    problems.push(
      problem("conflict", field, `SubjectAltName element must contain ${type}, and only it`, "give what its type says"),
    );
  });
  return problems;
}
