import { Type } from "typebox";
import { checkAuthorization } from "./authorization-policy-checks.ts";
import { ruled } from "./cel.ts";
import {
  AGE,
  type IstioObject,
  istioKind,
  list,
  ONE_TARGET,
  oneOf,
  PolicySelector,
  shape,
  TargetRef,
  text,
  texts,
} from "./common.ts";
import { collect } from "./report.ts";

const accounts = Type.Array(Type.String({ maxLength: 320 }), { maxItems: 16 });

const Source = ruled(
  shape(
    "Source",
    {},
    {
      principals: texts,
      notPrincipals: texts,
      requestPrincipals: texts,
      notRequestPrincipals: texts,
      namespaces: texts,
      notNamespaces: texts,
      serviceAccounts: accounts,
      notServiceAccounts: accounts,
      trustDomains: texts,
      notTrustDomains: texts,
      ipBlocks: texts,
      notIpBlocks: texts,
      remoteIpBlocks: texts,
      notRemoteIpBlocks: texts,
    },
  ),
  {
    "!(has(self.serviceAccounts) || has(self.notServiceAccounts)) || !(has(self.principals) || has(self.notPrincipals) || has(self.namespaces) || has(self.notNamespaces))":
      "serviceAccounts go without principals and namespaces",
  },
);
export type Source = Type.Static<typeof Source>;

const Operation = shape(
  "Operation",
  {},
  {
    hosts: texts,
    notHosts: texts,
    ports: texts,
    notPorts: texts,
    methods: texts,
    notMethods: texts,
    paths: texts,
    notPaths: texts,
  },
);
export type Operation = Type.Static<typeof Operation>;

const Rule = shape(
  "Rule",
  {},
  {
    from: Type.Array(shape("From", {}, { source: Source }), { maxItems: 512 }),
    to: list(shape("To", {}, { operation: Operation })),
    when: list(shape("Condition", { key: text }, { values: texts, notValues: texts })),
  },
);

const AuthorizationPolicySpec = ruled(
  shape(
    "AuthorizationPolicySpec",
    {},
    {
      selector: PolicySelector,
      targetRef: TargetRef,
      targetRefs: Type.Array(TargetRef, { maxItems: 16 }),
      rules: Type.Array(Rule, { maxItems: 512 }),
      action: oneOf("ALLOW", "DENY", "AUDIT", "CUSTOM"),
      provider: shape("ExtensionProvider", {}, { name: text }),
    },
  ),
  ONE_TARGET,
);
export type AuthorizationPolicySpec = Type.Static<typeof AuthorizationPolicySpec>;

export type AuthorizationPolicy = IstioObject<AuthorizationPolicySpec>;
export type AuthorizationRule = Type.Static<typeof Rule>;

export const authorizationPolicyKind = istioKind<AuthorizationPolicySpec>(
  {
    group: "security",
    version: "v1",
    otherVersions: ["v1beta1"],
    kind: "AuthorizationPolicy",
    plural: "authorizationpolicies",
  },
  AuthorizationPolicySpec,
  {
    description: "AuthorizationPolicy says who may ask workloads for what.",
    shortNames: ["ap"],
    columns: [{ name: "Action", type: "string", jsonPath: ".spec.action" }, AGE],
    validate: ({ spec }) => collect((report) => checkAuthorization(report, spec ?? {})),
  },
);
