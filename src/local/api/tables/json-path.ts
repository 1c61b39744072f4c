/**
 * The part of JSONPath that columns of CRDs use: `.spec.hosts`, `[0]`, `[*]`, `['a.b']`, `.a\.b`, and filters such as
 * `[?(@.type=="Ready")]`.
 */

type Step = { field: string } | { index: number } | { each: true } | { where: string[]; equals: string };

const TOKEN =
  /\.?\[\?\(@((?:\.[\w-]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)')\)\]|\.?\[(\*|\d+)\]|\.?\['([^']*)'\]|\.((?:\\.|[^.[\\])+)/y;

export function parseJsonPath(path: string): Step[] {
  const steps: Step[] = [];
  let at = path.startsWith("$") ? 1 : 0;
  while (at < path.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(path);
    if (!match) throw new Error(`JSONPath ${path}: cannot read what stands at ${at}`);
    at = TOKEN.lastIndex;
    const [, where, double, single, index, quoted, plain] = match;
    if (where !== undefined) steps.push({ where: where.slice(1).split("."), equals: double ?? single ?? "" });
    else if (index === "*") steps.push({ each: true });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push({ field: quoted ?? plain?.replaceAll("\\", "") ?? "" });
  }
  return steps;
}

/** All values that the path finds; none when something on the way is missing. */
export function findAll(steps: readonly Step[], root: unknown): unknown[] {
  let values = [root];
  for (const step of steps) values = values.flatMap((value) => follow(step, value));
  return values;
}

function follow(step: Step, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  if ("each" in step) return items;
  if ("where" in step) return items.filter((item) => step.where.reduce(field, item) === step.equals);
  const found = "index" in step ? items[step.index] : field(value, step.field);
  return found === undefined ? [] : [found];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
