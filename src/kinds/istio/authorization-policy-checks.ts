/** What an AuthorizationPolicy must be beyond its shape: Istio's own checks, each with its field and a remedy. */
import { checkCidr } from "./address-checks.ts";
import type { AuthorizationPolicySpec, AuthorizationRule, Operation, Source } from "./authorization-policy.ts";
import { templateProblem } from "./path-template.ts";
import { checkTarget } from "./policy-target.ts";
import { each, type Report } from "./report.ts";

const EVERYTHING = "give rules: [{}] for everything";

export function checkAuthorization(report: Report, spec: AuthorizationPolicySpec): void {
  checkTarget(report, spec);
  const { action = "ALLOW", rules, provider } = spec;
  if (action === "CUSTOM") {
    if (!rules) report("missing", "spec.rules", "a CUSTOM policy without rules asks about nothing", EVERYTHING);
    if (!provider?.name) {
      const remedy = "name one of the mesh's extensionProviders";
      report("missing", "spec.provider.name", "a CUSTOM policy asks a provider", remedy);
    }
    each(rules, "spec.rules", (rule, at) => checkCustom(report, at, rule));
  } else if (provider) {
    report("conflict", "spec.provider", `${action} asks no provider`, "take it out, or use CUSTOM");
  }
  if (action === "DENY" && !rules) {
    report("missing", "spec.rules", "a DENY policy without rules denies nothing", EVERYTHING);
  }
  each(rules, "spec.rules", (rule, at) => {
    for (const part of ["from", "to", "when"] as const) {
      if (rule[part]?.length === 0) report("missing", `${at}.${part}`, `an empty ${part} says nothing`, "take it out");
    }
    each(rule.from, `${at}.from`, ({ source }, place) => checkSource(report, `${place}.source`, source));
    each(rule.to, `${at}.to`, ({ operation }, place) => checkOperation(report, `${place}.operation`, operation));
    each(rule.when, `${at}.when`, (condition, place) => checkCondition(report, place, condition));
  });
}

/** Istio asks providers before it knows who calls. */
function checkCustom(report: Report, at: string, rule: AuthorizationRule): void {
  const refuse = (field: string, what: string): void =>
    report("conflict", field, `CUSTOM policies cannot look at ${what}`, "let the provider look at it");
  each(rule.from, `${at}.from`, ({ source }, place) => {
    for (const name of Object.keys(source ?? {})) {
      if (!/IpBlocks$|^ipBlocks$/.test(name)) refuse(`${place}.source.${name}`, name);
    }
  });
  each(rule.when, `${at}.when`, ({ key }, place) => {
    if (/^source\.(namespace|serviceAccount|trustDomain|principal)$|^request\.auth\./.test(key)) {
      refuse(`${place}.key`, key);
    }
  });
}

type Check = (report: Report, field: string, text: string) => void;

/** By the name of the list, without its "not". */
const SOURCE_CHECKS: Readonly<Record<string, Check>> = {
  ipblocks: checkCidr,
  remoteipblocks: checkCidr,
  serviceaccounts: checkServiceAccount,
  trustdomains: checkTrustDomain,
};

const OPERATION_CHECKS: Readonly<Record<string, Check>> = { ports: checkPort, paths: checkPath };

function checkSource(report: Report, field: string, source: Source | undefined): void {
  if (!source || Object.keys(source).length === 0) {
    report("missing", field, "a source needs something to tell it by", "give principals, namespaces or ipBlocks");
    return;
  }
  checkLists(report, field, source, SOURCE_CHECKS);
  const others = source.principals ?? source.notPrincipals ?? source.namespaces ?? source.notNamespaces;
  if ((source.serviceAccounts ?? source.notServiceAccounts) && others) {
    const message = "service accounts cannot go with principals or namespaces";
    report("conflict", `${field}.serviceAccounts`, message, "keep one");
  }
}

function checkOperation(report: Report, field: string, operation: Operation | undefined): void {
  if (!operation || Object.keys(operation).length === 0) {
    report("missing", field, "an operation needs something to tell it by", "give hosts, ports, methods or paths");
    return;
  }
  checkLists(report, field, operation, OPERATION_CHECKS);
}

type Lists = Readonly<Record<string, readonly string[]>>;

function checkLists(report: Report, field: string, lists: Lists, checks: Readonly<Record<string, Check>>): void {
  for (const [name, values] of Object.entries(lists)) {
    if (values.length === 0) report("missing", `${field}.${name}`, "an empty list matches nothing", "take it out");
    checkValues(report, `${field}.${name}`, values, checks[name.replace(/^not/, "").toLowerCase()]);
  }
}

function checkValues(report: Report, field: string, values: readonly string[] | undefined, check?: Check): void {
  each(values, field, (value, at) => {
    if (value === "") report("value", at, "an empty text matches nothing", "take it out");
    else check?.(report, at, value);
  });
}

type Condition = NonNullable<AuthorizationRule["when"]>[number];

const KEYS =
  /^(request\.headers\[.+\]|request\.auth\.claims\[.+\]|experimental\.envoy\.filters\.[^[]+\[.+\]|request\.auth\.(principal|audiences|presenter)|source\.(ip|namespace|principal|serviceAccount|trustDomain)|remote\.ip|destination\.(ip|port)|connection\.sni)$/;

const KEY_CHECKS: Readonly<Record<string, Check>> = {
  "source.ip": checkCidr,
  "remote.ip": checkCidr,
  "destination.ip": checkCidr,
  "destination.port": checkPort,
  "source.serviceAccount": checkServiceAccount,
  "source.trustDomain": checkTrustDomain,
};

function checkCondition(report: Report, at: string, { key, values, notValues }: Condition): void {
  if (!KEYS.test(key)) {
    const remedy = "use request.headers[NAME], source.namespace and so on";
    report("value", `${at}.key`, `"${key}" is nothing a condition can look at`, remedy);
  }
  if (!values?.length && !notValues?.length) report("missing", at, "a condition needs values or notValues");
  checkValues(report, `${at}.values`, values, KEY_CHECKS[key]);
  checkValues(report, `${at}.notValues`, notValues, KEY_CHECKS[key]);
}

function checkPort(report: Report, field: string, text: string): void {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) report("value", field, `"${text}" is no port`);
}

function checkPath(report: Report, field: string, text: string): void {
  const problem = templateProblem(text);
  if (problem === undefined) return;
  report("value", field, problem, "write {*} for one part of the path, {**} at its end for several");
}

function checkServiceAccount(report: Report, field: string, text: string): void {
  if (/^[^/*]+(\/[^/*]+)?$/.test(text)) return;
  report("value", field, `"${text}" is no service account`, "write NAME or NAMESPACE/NAME, without stars");
}

function checkTrustDomain(report: Report, field: string, text: string): void {
  if (text === "*" || /^\*?[^*/]+$|^[^*/]+\*$/.test(text)) return;
  report("value", field, `"${text}" is no trust domain`, "write a name, with a star at one end at most");
}
