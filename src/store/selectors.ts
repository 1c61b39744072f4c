/** Label and field selectors: from Kubernetes' string syntax and from LabelSelector objects to predicates. */
import { StoreError } from "./error.ts";
import type { KubeObject } from "./object.ts";

export type Requirement =
  | { key: string; operator: "In" | "NotIn"; values: readonly string[] }
  | { key: string; operator: "Exists" | "DoesNotExist" }
  | { key: string; operator: "Gt" | "Lt"; value: number };

/** The `LabelSelector` of Deployments, Services' policies and others. */
export interface LabelSelector {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

export type Labels = Readonly<Record<string, string>>;

const KEY = /^([a-z0-9A-Z.-]+\/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$/;
const VALUE = /^([a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?)?$/;

const refuse = (selector: string, why: string): StoreError =>
  new StoreError("BadRequest", `unable to parse requirement: ${why} in selector ${JSON.stringify(selector)}`);

/** All must hold. An empty list matches everything. */
export function matchesLabels(requirements: readonly Requirement[], labels: Labels | undefined): boolean {
  return requirements.every((requirement) => holds(requirement, labels));
}

function holds(requirement: Requirement, labels: Labels | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
      return value !== undefined && requirement.values.includes(value);
    case "NotIn":
      return value === undefined || !requirement.values.includes(value);
    case "Gt":
      return value !== undefined && Number(value) > requirement.value;
    case "Lt":
      return value !== undefined && Number(value) < requirement.value;
  }
}

/** `app=reviews,version in (v1, v2),!canary`. */
export function parseLabelSelector(selector: string): Requirement[] {
  return splitOutsideParentheses(selector)
    .map((part) => part.trim())
    .filter((part, _, all) => part !== "" || all.length > 1)
    .map((part) => parseRequirement(part, selector));
}

function parseRequirement(part: string, selector: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set) {
    const values = (set[3] ?? "").split(",").map((value) => checkedValue(value.trim(), selector));
    return { key: checkedKey(set[1], selector), operator: set[2] === "in" ? "In" : "NotIn", values };
  }
  const equality = /^([^=!<>\s]+)\s*(==|=|!=)\s*([^=!<>\s]*)$/.exec(part);
  if (equality) {
    const values = [checkedValue(equality[3] ?? "", selector)];
    return { key: checkedKey(equality[1], selector), operator: equality[2] === "!=" ? "NotIn" : "In", values };
  }
  const order = /^([^=!<>\s]+)\s*([<>])\s*(-?\d+)$/.exec(part);
  if (order) {
    return { key: checkedKey(order[1], selector), operator: order[2] === ">" ? "Gt" : "Lt", value: Number(order[3]) };
  }
  const absent = /^!\s*(\S+)$/.exec(part);
  if (absent) return { key: checkedKey(absent[1], selector), operator: "DoesNotExist" };
  return { key: checkedKey(part, selector), operator: "Exists" };
}

function checkedKey(key: string | undefined, selector: string): string {
  if (key === undefined || !KEY.test(key)) throw refuse(selector, `${JSON.stringify(key ?? "")} is not a label key`);
  return key;
}

function checkedValue(value: string, selector: string): string {
  if (value.length > 63 || !VALUE.test(value)) throw refuse(selector, `${JSON.stringify(value)} is not a label value`);
  return value;
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

/** An absent selector matches nothing (`undefined`), an empty one everything (`[]`), as in Kubernetes. */
export function labelSelectorRequirements(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: "In", values: [value] }),
  );
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }): Requirement => {
    switch (operator) {
      case "In":
      case "NotIn":
        return { key, operator, values: values ?? [] };
      case "Exists":
      case "DoesNotExist":
        return { key, operator };
      default:
        throw new StoreError("BadRequest", `${JSON.stringify(operator)} is not a valid label selector operator`);
    }
  });
  return [...equal, ...expressions];
}

/** The string syntax again: for Scale's `status.selector`, and to ask a server. */
export function formatRequirements(requirements: readonly Requirement[]): string {
  return requirements.map(formatRequirement).join(",");
}

function formatRequirement(requirement: Requirement): string {
  const { key } = requirement;
  switch (requirement.operator) {
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    case "Gt":
      return `${key}>${requirement.value}`;
    case "Lt":
      return `${key}<${requirement.value}`;
    case "In":
      return requirement.values.length === 1
        ? `${key}=${requirement.values[0]}`
        : `${key} in (${requirement.values.join(",")})`;
    case "NotIn":
      return requirement.values.length === 1
        ? `${key}!=${requirement.values[0]}`
        : `${key} notin (${requirement.values.join(",")})`;
  }
}

interface FieldRequirement {
  path: string;
  equal: boolean;
  value: string;
}

/** `metadata.name=reviews,status.phase!=Running`. */
export function parseFieldSelector(selector: string): FieldRequirement[] {
  return selector
    .split(/(?<!\\),/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      if (!match) throw new StoreError("BadRequest", `invalid field selector: ${JSON.stringify(part)} has no = or !=`);
      const [, path = "", operator, value = ""] = match;
      return { path: path.trim(), equal: operator !== "!=", value: value.replaceAll(/\\([,=\\])/g, "$1") };
    });
}

/** Any field may be asked for by its path; one that is absent counts as "". */
function matchesFields(requirements: readonly FieldRequirement[], object: KubeObject): boolean {
  return requirements.every(({ path, equal, value }) => (fieldText(object, path) === value) === equal);
}

function fieldText(object: KubeObject, path: string): string {
  let at: unknown = object;
  for (const step of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return "";
    at = Reflect.get(at, step);
  }
  return at === undefined || at === null || typeof at === "object" ? "" : String(at);
}

/** The predicate of a list or watch. */
export function selects(options: {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}): (object: KubeObject) => boolean {
  const { namespace } = options;
  const labels = options.labelSelector ? parseLabelSelector(options.labelSelector) : [];
  const fields = options.fieldSelector ? parseFieldSelector(options.fieldSelector) : [];
  return (object) =>
    (namespace === undefined || namespace === "" || object.metadata.namespace === namespace) &&
    matchesLabels(labels, object.metadata.labels) &&
    matchesFields(fields, object);
}
