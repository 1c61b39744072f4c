/** JSON Schema validation (Ajv), with its errors in the words of Kubernetes' field errors. */
import { type ErrorObject, type ValidateFunction, Ajv2020 as Validator } from "ajv/dist/2020.js";
import { invalidValue, required, unsupported } from "../causes.ts";
import type { StatusCause } from "../error.ts";
import { fieldPath, pointerSteps } from "./paths.ts";

type Check = (value: unknown) => StatusCause[];

// Formats such as int32 are OpenAPI's; the ranges that matter are in the schemas as minimum and maximum.
const validator = new Validator({ strict: false, allErrors: true, verbose: true, validateFormats: false });
const compiled = new WeakMap<object, ValidateFunction>();

/** Compiles when first used: most kinds are never written in one process. */
export function schemaCheck(schema: object): Check {
  return (value) => {
    let validate = compiled.get(schema);
    if (!validate) {
      validate = validator.compile(schema);
      compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    const seen = new Set<string>();
    return relevant(validate.errors ?? [], "")
      .map((error) => causeOf(error, value))
      .filter(({ field, message }) => !seen.has(`${field} ${message}`) && seen.add(`${field} ${message}`));
  };
}

const UNIONS = new Set(["anyOf", "oneOf"]);

/** The errors that say what to do: of a union those of the branch that was most likely meant. */
function relevant(errors: readonly ErrorObject[], under: string): ErrorObject[] {
  const mine = errors.filter((error) => error.schemaPath.startsWith(under));
  // Inner unions are reported before outer ones; the outermost decide first.
  const unions = mine
    .filter((error) => UNIONS.has(error.keyword))
    .sort((a, b) => a.schemaPath.length - b.schemaPath.length);
  const [outer] = unions;
  if (!outer) return mine.filter((error) => error.keyword !== "if");
  const prefix = `${outer.schemaPath}/`;
  const inside = mine.filter((error) => error.schemaPath.startsWith(prefix));
  const same = (error: ErrorObject): boolean => error === outer;
  const outside = mine.filter((error) => !same(error) && !error.schemaPath.startsWith(prefix));
  return [...relevant(outside, under), ...ofUnion(outer, inside, prefix)];
}

function ofUnion(union: ErrorObject, inside: readonly ErrorObject[], prefix: string): ErrorObject[] {
  const here = inside.filter((error) => error.instancePath === union.instancePath);
  const values = here.flatMap((error) => literals(error));
  if (inside.length > 0 && values.length === inside.length) {
    return [{ ...union, keyword: "enum", params: { allowedValues: values } }];
  }
  const branches = Map.groupBy(inside, (error) => error.schemaPath.slice(prefix.length).split("/", 1)[0] ?? "");
  let best: ErrorObject[] | undefined;
  for (const [branch] of branches) {
    const errors = relevant(inside, `${prefix}${branch}/`).filter((error) =>
      error.instancePath.startsWith(union.instancePath),
    );
    if (!best || misfit(errors, union) < misfit(best, union)) best = errors;
  }
  return best && misfit(best, union) < WRONG_KIND ? best : [union];
}

const WRONG_KIND = 1000;

/** How little a branch fits: one of another type or with another discriminator was not meant. */
function misfit(errors: readonly ErrorObject[], union: ErrorObject): number {
  const wrong = errors.some((error) => error.keyword === "type" && error.instancePath === union.instancePath);
  const other = errors.filter((error) => error.keyword === "const").length;
  return (wrong ? WRONG_KIND : 0) + other * 100 + errors.length;
}

function literals(error: ErrorObject): unknown[] {
  if (error.keyword === "const") return [error.params.allowedValue];
  return [];
}

function causeOf(error: ErrorObject, root: unknown): StatusCause {
  const steps = pointerSteps(error.instancePath, root);
  const field = fieldPath(steps);
  const { params, data } = error;
  switch (error.keyword) {
    case "required":
      return required(fieldPath([...steps, String(params.missingProperty)]));
    case "enum":
      return unsupported(field, data, params.allowedValues);
    case "const":
      return unsupported(field, data, [params.allowedValue]);
    case "type":
      return invalidValue(field, data, `must be of type ${[params.type].flat().join(" or ")}`);
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return invalidValue(field, data, `must be ${COMPARISONS[String(params.comparison)] ?? ""} ${params.limit}`);
    case "pattern":
      return invalidValue(field, data, `must match the pattern ${params.pattern}`);
    case "minItems":
      return invalidValue(field, data, `must have at least ${params.limit} items`);
    case "maxItems":
      return invalidValue(field, data, `must have at most ${params.limit} items`);
    case "minLength":
      return invalidValue(field, data, `must be at least ${params.limit} characters long`);
    case "maxLength":
      return invalidValue(field, data, `may not be longer than ${params.limit} characters`);
    case "uniqueItems":
      return invalidValue(field, data, `items ${params.j} and ${params.i} are the same`);
    case "additionalProperties":
      return invalidValue(
        fieldPath([...steps, String(params.additionalProperty)]),
        undefined,
        "is not a known field here",
      );
    case "anyOf":
    case "oneOf":
      return invalidValue(field, data, "fits none of the allowed forms");
    default:
      return invalidValue(field, data, error.message ?? error.keyword);
  }
}

const COMPARISONS: Readonly<Record<string, string>> = {
  ">=": "greater than or equal to",
  "<=": "less than or equal to",
  ">": "greater than",
  "<": "less than",
};
