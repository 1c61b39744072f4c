import { Type } from "typebox";
import { AGE } from "../istio/common.ts";
import { durationMs } from "../istio/duration.ts";
import { hostFault } from "../istio/hosts-checks.ts";
import { checkTarget } from "../istio/policy-target.ts";
import { collect, each, eachEntry, type Report } from "../istio/report.ts";
import { shapeProblems } from "../istio/shape-problems.ts";
import { checkStringMatch, isHeaderName } from "../istio/value-checks.ts";
import type { Kind } from "../kind.ts";
import {
  type Key,
  keysGiven,
  type Match,
  type RateLimit,
  RateLimitSpec,
  RateLimitStatus,
  type Rule,
} from "./rate-limit-schema.ts";

const schema = Type.Object({ spec: RateLimitSpec, status: Type.Optional(RateLimitStatus) }, { title: "RateLimit" });

export const rateLimitKind: Kind<RateLimit> = {
  type: { group: "policy.lateen.dev", version: "v1", plural: "ratelimits", kind: "RateLimit", namespaced: true },
  singular: "ratelimit",
  shortNames: ["rl"],
  categories: ["lateen"],
  description: "RateLimit says how many requests workloads or gateways take in a time, in all or from each caller.",
  schema,
  status: true,
  columns: [
    { name: "Accepted", type: "string", jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
    { name: "Enforced", type: "string", jsonPath: '.status.conditions[?(@.type=="Enforced")].status' },
    { name: "Applies to", type: "string", jsonPath: ".status.appliesTo" },
    AGE,
  ],
  validate: (object) => {
    const problems = shapeProblems(schema, object);
    return problems.length > 0 ? problems : collect((report) => check(report, object));
  },
  warn: (object) => (shapeProblems(schema, object).length > 0 ? [] : collect((report) => doubts(report, object))),
};

function check(report: Report, { spec }: RateLimit): void {
  checkTarget(report, spec);
  each(spec.targetRefs, "spec.targetRefs", ({ group = "", kind }, at) => {
    const known = kind === "Gateway" ? group === "gateway.networking.k8s.io" : kind === "Service" && group === "";
    if (!known) {
      const what = group === "" ? kind : `${group}/${kind}`;
      report(
        "value",
        at,
        `${what} cannot be limited`,
        "name a Gateway (group gateway.networking.k8s.io) or a Service, or use selector",
      );
    }
  });
  const names = new Set<string>();
  each(spec.rules, "spec.rules", (rule, at) => {
    if (names.has(rule.name)) report("duplicate", `${at}.name`, `there is a rule "${rule.name}" already`, "rename one");
    names.add(rule.name);
    checkRule(report, at, rule);
  });
}

const LONGEST_MS = 744 * 3600_000;

function checkRule(report: Report, field: string, { match, by, limit, scope, onUnavailable }: Rule): void {
  if (match) checkMatch(report, `${field}.match`, match);
  each(by, `${field}.by`, (key, at) => checkKey(report, at, key));
  const ms = durationMs(limit.per);
  if (ms === undefined) {
    report("value", `${field}.limit.per`, `"${limit.per}" is no duration`, "write it as 1s, 1m, 1h or 24h");
  } else if (ms < 1000 || ms > LONGEST_MS) {
    report("value", `${field}.limit.per`, `${limit.per} is not from 1s to 744h`, "choose a time between");
  }
  if (onUnavailable !== undefined && scope !== "Global") {
    report(
      "conflict",
      `${field}.onUnavailable`,
      "a Local limit is counted by the proxy itself, which is never unavailable",
      "take it out, or use scope: Global",
    );
  }
}

function checkMatch(report: Report, field: string, match: Match): void {
  each(match.hosts, `${field}.hosts`, (host, at) => {
    const fault = hostFault(host, { wildcard: true, ip: true });
    if (fault) report("value", at, `host "${host}" ${fault}`, "write shop.example.com or *.example.com");
  });
  each(match.methods, `${field}.methods`, (method, at) => {
    if (!/^[A-Z][-A-Z]*$/.test(method)) report("value", at, `"${method}" is no method`, "write GET, POST and so on");
  });
  each(match.paths, `${field}.paths`, (path, at) => {
    if (!/^\/[^*?#]*\*?$/.test(path)) {
      report("value", at, `"${path}" is no path`, "write /login for one path, /api/* for all that begin so");
    }
  });
  eachEntry(match.headers, `${field}.headers`, (name, value, at) => {
    if (!isHeaderName(name)) report("value", at, `"${name}" is no header name`);
    checkStringMatch(report, at, value, { presence: true });
  });
}

/** Written over by whoever asks: limits by them would be no limits. */
const FORGEABLE: ReadonlyMap<string, string> = new Map([
  ["x-forwarded-for", "source: Address"],
  ["x-real-ip", "source: Address"],
  ["x-envoy-external-address", "source: Address"],
  ["x-forwarded-client-cert", "identity: Principal"],
]);

function checkKey(report: Report, field: string, key: Key): void {
  const given = keysGiven(key);
  if (given.length !== 1) {
    report(
      given.length === 0 ? "missing" : "conflict",
      field,
      "a key is one of header, claim, identity and source",
      given.length === 0 ? "give one" : "make it several keys of the list: they count together",
    );
  }
  if (key.header === undefined) return;
  if (!isHeaderName(key.header)) report("value", `${field}.header`, `"${key.header}" is no header name`);
  const better = FORGEABLE.get(key.header.toLowerCase());
  if (better) {
    report("value", `${field}.header`, `${key.header} says what its sender wants it to say`, `use ${better}`);
  }
}

function doubts(report: Report, { spec }: RateLimit): void {
  each(spec.rules, "spec.rules", ({ limit, scope }, at) => {
    if (scope !== "Global" && limit.requests > 1 && limit.burst === 1) {
      report("noEffect", `${at}.limit.burst`, "with a burst of 1 even two requests at the same moment are too many");
    }
  });
}
