/**
 * JSON Schema validation, with its errors in the words of Kubernetes' field errors. TypeBox's interpreter: it needs
 * no compilation, which for a Pod's schema costs a compiler (Ajv) half a second, more than all checks of a day.
 */
import type { TLocalizedValidationError } from "typebox/error";
import { Check, Errors } from "typebox/schema";
import { Settings } from "typebox/system";
import { invalidValue, required, unsupported } from "../causes.ts";
import type { StatusCause } from "../error.ts";
import { fieldPath, pointerSteps } from "./paths.ts";

type SchemaError = TLocalizedValidationError;

// The default of 8 would cut off the branch of a union that was meant, and so the reason.
Settings.Set({ maxErrors: 256 });

export function schemaCheck(schema: object): (value: unknown) => StatusCause[] {
  return (value) => {
    if (Check(schema, value)) return [];
    const [, errors] = Errors(schema, value);
    const causes = relevant(errors, "#").flatMap((error) => causesOf(error, value));
    return [...new Map(causes.map((cause) => [`${cause.field} ${cause.message}`, cause])).values()];
  };
}

/** Whether an error is about a schema or a part of it. */
const within = ({ schemaPath }: SchemaError, schema: string): boolean =>
  schemaPath === schema || schemaPath.startsWith(`${schema}/`);

/** The errors that say what to do: of a union those of the branch that was most likely meant. */
function relevant(errors: readonly SchemaError[], schema: string): SchemaError[] {
  const mine = errors.filter((error) => within(error, schema));
  // The outermost union decides first.
  const [outer] = mine
    .filter((error) => error.keyword === "anyOf" || error.keyword === "oneOf")
    .sort((a, b) => a.schemaPath.length - b.schemaPath.length);
  if (!outer) return mine.filter((error) => error.keyword !== "if");
  const branches = `${outer.schemaPath}/${outer.keyword}`;
  const inside = mine.filter((error) => within(error, branches));
  const outside = mine.filter((error) => error !== outer && !within(error, branches));
  return [...relevant(outside, schema), ...ofUnion(outer, inside, branches)];
}

function ofUnion(union: SchemaError, inside: readonly SchemaError[], branches: string): SchemaError[] {
  const here = inside.filter((error) => error.instancePath === union.instancePath);
  const values = here.map(literals).filter((list) => list !== undefined);
  if (inside.length > 0 && values.length === inside.length) {
    return [{ ...union, keyword: "enum", params: { allowedValues: values.flat() } }];
  }
  let best: SchemaError[] | undefined;
  for (const branch of new Set(inside.map((error) => error.schemaPath.slice(branches.length + 1).split("/", 1)[0]))) {
    const errors = relevant(inside, `${branches}/${branch}`);
    if (!best || misfit(errors, union) < misfit(best, union)) best = errors;
  }
  return best && misfit(best, union) < WRONG_KIND ? best : [union];
}

const WRONG_KIND = 1000;

/** How little a branch fits: one of another type or with another discriminator was not meant. */
function misfit(errors: readonly SchemaError[], union: SchemaError): number {
  const wrong = errors.some((error) => error.keyword === "type" && error.instancePath === union.instancePath);
  const discriminators = errors.filter((error) => error.keyword === "const").length;
  return (wrong ? WRONG_KIND : 0) + discriminators * 100 + errors.length;
}

function literals(error: SchemaError): unknown[] | undefined {
  if (error.keyword === "const") return [error.params.allowedValue];
  return error.keyword === "enum" ? error.params.allowedValues : undefined;
}

function causesOf(error: SchemaError, root: unknown): StatusCause[] {
  const steps = pointerSteps(error.instancePath, root);
  const field = fieldPath(steps);
  const value = steps.reduce<unknown>((at, step) => Reflect.get(Object(at), step), root);
  const wrong = (detail: string): StatusCause[] => [invalidValue(field, value, detail)];
  const below = (name: string): string => fieldPath([...steps, name]);
  switch (error.keyword) {
    case "required":
      return error.params.requiredProperties.map((name) => required(below(name)));
    case "additionalProperties":
      return error.params.additionalProperties.map((name) =>
        invalidValue(below(name), Reflect.get(Object(value), name), "is not a known field here"),
      );
    case "boolean":
      // What additionalProperties says with a name.
      return error.schemaPath.endsWith("/additionalProperties") ? [] : wrong("is not allowed here");
    case "enum":
      return [unsupported(field, value, error.params.allowedValues)];
    case "const":
      return [unsupported(field, value, [error.params.allowedValue])];
    case "type":
      return wrong(`must be of type ${[error.params.type].flat().join(" or ")}`);
    case "minimum":
      return wrong(`must be greater than or equal to ${error.params.limit}`);
    case "maximum":
      return wrong(`must be less than or equal to ${error.params.limit}`);
    case "exclusiveMinimum":
      return wrong(`must be greater than ${error.params.limit}`);
    case "exclusiveMaximum":
      return wrong(`must be less than ${error.params.limit}`);
    case "pattern":
      return wrong(`must match the pattern ${error.params.pattern}`);
    case "minItems":
      return wrong(`must have at least ${error.params.limit} items`);
    case "maxItems":
      return wrong(`must have at most ${error.params.limit} items`);
    case "minLength":
      return wrong(`must be at least ${error.params.limit} characters long`);
    case "maxLength":
      return wrong(`may not be longer than ${error.params.limit} characters`);
    case "uniqueItems":
      return wrong(`items must differ; duplicates at ${error.params.duplicateItems.join(", ")}`);
    case "anyOf":
    case "oneOf":
      return wrong("fits none of the allowed forms");
    default:
      return wrong(error.message);
  }
}
