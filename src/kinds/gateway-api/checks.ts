/** What the CRDs of the Gateway API say in CEL, for parts that several kinds have. */
import type { Problem } from "../kind.ts";
import type { BackendObjectRef, ParentRef } from "./common.ts";

/** Codes of the problems found in Gateway API objects. */
export const CODES = {
  /** Two fields exclude each other, or one does not go with a type. */
  conflict: "LTN3001",
  /** A field is needed beside another. */
  missing: "LTN3002",
  /** Something appears twice that may appear once. */
  duplicate: "LTN3003",
  /** A value that its type does not allow. */
  value: "LTN3004",
  /** More than is allowed. */
  tooMany: "LTN3005",
  /** Allowed, but of no effect. */
  noEffect: "LTN3006",
} as const;

export function problem(code: keyof typeof CODES, field: string, message: string, remedy: string): Problem {
  return { code: CODES[code], field, message, remedy };
}

/** Whether `values` holds one of a key twice; the indexes of the later ones. */
export function duplicates<T>(values: readonly T[], key: (value: T) => string): number[] {
  const seen = new Set<string>();
  const repeated: number[] = [];
  values.forEach((value, i) => {
    const k = key(value);
    if (seen.has(k)) repeated.push(i);
    seen.add(k);
  });
  return repeated;
}

export function checkParentRefs(refs: readonly ParentRef[], field = "spec.parentRefs"): Problem[] {
  const parentOf = (ref: ParentRef): string =>
    [ref.group ?? "gateway.networking.k8s.io", ref.kind ?? "Gateway", ref.namespace ?? "", ref.name].join("|");
  const problems: Problem[] = [];
  const byParent = Map.groupBy(refs.entries(), ([, ref]) => parentOf(ref));
  for (const group of byParent.values()) {
    const named = group.filter(([, ref]) => ref.sectionName !== undefined);
    if (named.length > 0 && named.length < group.length) {
      const [at] = group.find(([, ref]) => ref.sectionName === undefined) ?? [0];
      problems.push(
        problem(
          "missing",
          `${field}[${at}].sectionName`,
          "sectionName must be specified when parentRefs includes 2 or more references to the same parent",
          "name the listener in each of them, or keep one reference without sectionName",
        ),
      );
    }
  }
  for (const at of duplicates(refs, (ref) => `${parentOf(ref)}|${ref.sectionName ?? ""}`)) {
    problems.push(
      problem(
        "duplicate",
        `${field}[${at}]`,
        "sectionName must be unique when parentRefs includes 2 or more references to the same parent",
        "remove the repeated reference",
      ),
    );
  }
  return problems;
}

export function checkBackendPort(ref: BackendObjectRef, field: string): Problem[] {
  const isService = (ref.group ?? "") === "" && (ref.kind ?? "Service") === "Service";
  if (!isService || ref.port !== undefined) return [];
  return [
    problem(
      "missing",
      `${field}.port`,
      "Must have port for Service reference",
      `add the port of Service ${ref.name} to send to`,
    ),
  ];
}

/** The types of a discriminated filter and the field that belongs to each. */
export type FilterFields = Readonly<Record<string, string>>;

export function checkFilterFields(filter: { type: string }, fields: FilterFields, at: string): Problem[] {
  const problems: Problem[] = [];
  for (const [type, name] of Object.entries(fields)) {
    const has = Reflect.get(filter, name) !== undefined;
    if (has && filter.type !== type) {
      problems.push(
        problem(
          "conflict",
          `${at}.${name}`,
          `filter.${name} must be nil if the filter.type is not ${type}`,
          `remove ${name}, or write type: ${type}`,
        ),
      );
    } else if (!has && filter.type === type) {
      problems.push(
        problem(
          "missing",
          `${at}.${name}`,
          `filter.${name} must be specified for ${type} filter.type`,
          `add ${name}, or remove the filter`,
        ),
      );
    }
  }
  return problems;
}

export function checkFiltersOnce(filters: readonly { type: string }[], once: readonly string[], at: string): Problem[] {
  return once.flatMap((type) => {
    const indexes = filters.flatMap((filter, i) => (filter.type === type ? [i] : []));
    return indexes
      .slice(1)
      .map((i) =>
        problem("duplicate", `${at}[${i}]`, `${type} filter cannot be repeated`, "merge it into the first of its type"),
      );
  });
}

export function checkMirror(
  mirror: { percent?: number; fraction?: { numerator: number; denominator?: number }; backendRef: BackendObjectRef },
  at: string,
): Problem[] {
  const problems = checkBackendPort(mirror.backendRef, `${at}.backendRef`);
  if (mirror.percent !== undefined && mirror.fraction !== undefined) {
    problems.push(
      problem(
        "conflict",
        at,
        "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter",
        "remove percent or fraction",
      ),
    );
  }
  if (mirror.fraction && mirror.fraction.numerator > (mirror.fraction.denominator ?? 100)) {
    problems.push(
      problem(
        "value",
        `${at}.fraction`,
        "numerator must be less than or equal to denominator",
        "a mirror takes at most all requests: lower the numerator",
      ),
    );
  }
  return problems;
}

/** `total` of the matches of all rules. */
export function checkMatchCount(rules: readonly { matches?: readonly unknown[] }[]): Problem[] {
  const total = rules.reduce((sum, rule) => sum + (rule.matches?.length ?? 0), 0);
  if (total <= 128) return [];
  return [
    problem(
      "tooMany",
      "spec.rules",
      `the total number of matches across all rules in a route must be at most 128, and here are ${total}`,
      "split the route into two",
    ),
  ];
}
