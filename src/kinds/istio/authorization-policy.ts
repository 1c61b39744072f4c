import { Type } from "typebox";
import { checkCidr } from "./address-checks.ts";
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
import { checkTarget } from "./policy-target.ts";
import { collect, each, type Report } from "./report.ts";

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
type Source = Type.Static<typeof Source>;

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
type Operation = Type.Static<typeof Operation>;

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
type AuthorizationPolicySpec = Type.Static<typeof AuthorizationPolicySpec>;

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
    validate: ({ spec }) => collect((report) => check(report, spec ?? {})),
  },
);

const BLOCKS = ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] as const;

function check(report: Report, spec: AuthorizationPolicySpec): void {
  checkTarget(report, spec);
  if (spec.action === "CUSTOM" && !spec.provider?.name) {
    report(
      "missing",
      "spec.provider.name",
      "a CUSTOM policy asks a provider",
      "name one of the mesh's extensionProviders",
    );
  }
  if (spec.action !== "CUSTOM" && spec.provider) {
    report("conflict", "spec.provider", `${spec.action ?? "ALLOW"} asks no provider`, "take it out, or use CUSTOM");
  }
  if (spec.action === "DENY" && !spec.rules) {
    report(
      "missing",
      "spec.rules",
      "a DENY policy without rules denies nothing",
      "give rules: [{}] to deny everything",
    );
  }
  each(spec.rules, "spec.rules", (rule, at) => {
    for (const part of ["from", "to", "when"] as const) {
      if (rule[part]?.length === 0) report("missing", `${at}.${part}`, `an empty ${part} says nothing`, "take it out");
    }
    each(rule.from, `${at}.from`, ({ source }, place) => checkSource(report, `${place}.source`, source));
    each(rule.to, `${at}.to`, ({ operation }, place) => checkOperation(report, `${place}.operation`, operation));
    each(rule.when, `${at}.when`, (condition, place) => {
      checkKey(report, `${place}.key`, condition.key);
      if (!condition.values?.length && !condition.notValues?.length) {
        report("missing", place, "a condition needs values or notValues");
      }
    });
  });
}

function checkSource(report: Report, field: string, source: Source | undefined): void {
  if (!source || Object.keys(source).length === 0) {
    report("missing", field, "a source needs something to tell it by", "give principals, namespaces or ipBlocks");
    return;
  }
  checkNoEmpty(report, field, source);
  for (const list of BLOCKS) each(source[list], `${field}.${list}`, (block, at) => checkCidr(report, at, block));
  const others = source.principals ?? source.notPrincipals ?? source.namespaces ?? source.notNamespaces;
  if ((source.serviceAccounts ?? source.notServiceAccounts) && others) {
    report(
      "conflict",
      `${field}.serviceAccounts`,
      "service accounts cannot go with principals or namespaces",
      "keep one",
    );
  }
}

function checkOperation(report: Report, field: string, operation: Operation | undefined): void {
  if (!operation || Object.keys(operation).length === 0) {
    report("missing", field, "an operation needs something to tell it by", "give hosts, ports, methods or paths");
    return;
  }
  checkNoEmpty(report, field, operation);
  for (const list of ["ports", "notPorts"] as const) {
    each(operation[list], `${field}.${list}`, (port, at) => {
      if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) report("value", at, `"${port}" is no port`);
    });
  }
  for (const list of ["paths", "notPaths"] as const) {
    each(operation[list], `${field}.${list}`, (path, at) => {
      if (/\{[^}]*\}/.test(path) && !/^(\/|[^{}*]|\{\*\*?\})+$/.test(path)) {
        report("value", at, `"${path}" is no template`, "write {*} for one part of the path, {**} for several");
      }
    });
  }
}

function checkNoEmpty(report: Report, field: string, lists: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, values] of Object.entries(lists)) {
    if (values.length === 0) report("missing", `${field}.${name}`, "an empty list matches nothing", "take it out");
    each(values, `${field}.${name}`, (value, at) => {
      if (value === "") report("value", at, "an empty text matches nothing", "take it out");
    });
  }
}

const KEYS =
  /^(request\.headers\[[^\]]+\]|request\.auth\.claims(\[[^\]]+\])+|experimental\.envoy\.filters\..+|request\.(auth\.(principal|audiences|presenter))|source\.(ip|namespace|principal|serviceAccount|trustDomain)|remote\.ip|destination\.(ip|port)|connection\.sni)$/;

function checkKey(report: Report, field: string, key: string): void {
  if (!KEYS.test(key)) {
    report(
      "value",
      field,
      `"${key}" is nothing a condition can look at`,
      "use request.headers[NAME], source.namespace and so on",
    );
  }
}
