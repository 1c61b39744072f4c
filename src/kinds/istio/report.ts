/** How checks tell what they find. */
import type { Problem } from "../kind.ts";

/** What is wrong, whatever the kind. */
const CODES = {
  /** A value outside what is allowed. */
  value: "LTN2001",
  /** Something that must be there is not. */
  missing: "LTN2002",
  /** Fields that exclude each other. */
  conflict: "LTN2003",
  /** The same twice where each must be different. */
  duplicate: "LTN2004",
  /** Deprecated, and ignored or translated: Istio's code. */
  deprecated: "IST0002",
  /** Allowed, but does nothing or not what it seems to. */
  noEffect: "LTN2006",
  /** Istio's VirtualServiceUnreachableRule. */
  unreachable: "IST0130",
  /** Istio's VirtualServiceIneffectiveMatch. */
  ineffective: "IST0131",
  /** Istio's ServiceEntryAddressesRequired. */
  addresses: "IST0134",
} as const;

type Finding = keyof typeof CODES;

/** Tells of one problem: the kind of it, the field's path, what is wrong and what to do. */
export type Report = (finding: Finding, field: string, message: string, remedy?: string) => void;

export function collect(check: (report: Report) => void): Problem[] {
  const problems: Problem[] = [];
  check((finding, field, message, remedy) => {
    problems.push({ code: CODES[finding], field, message, ...(remedy !== undefined && { remedy }) });
  });
  return problems;
}

/** Calls `check` for each item with its path, `spec.http[0]`. */
export function each<T>(items: readonly T[] | undefined, field: string, check: (item: T, field: string) => void): void {
  (items ?? []).forEach((item, i) => {
    check(item, `${field}[${i}]`);
  });
}

/** Calls `check` for each entry with its path, `spec.headers[x-user]`. */
export function eachEntry<T>(
  entries: Readonly<Record<string, T>> | undefined,
  field: string,
  check: (name: string, value: T, field: string) => void,
): void {
  for (const [name, value] of Object.entries(entries ?? {})) check(name, value, `${field}[${name}]`);
}
