/** Istio's paths into trees: `components.ingressGateways[0].name`, `containers.[name:discovery].args.[:--foo]`. */
import { canonical, isFields } from "../../store/patch/json.ts";
import { at } from "./tree.ts";

/** A field, an index of a list, the item with a field of some value (`[name:x]`), or the item that is it (`[:x]`). */
export type Step = string | number | { key: string; value: string };

/** Why a path leads nowhere; who knows what it is for says so. */
export class PathError extends Error {}

/** A dot that belongs to a name is written `\.`. */
export function parsePath(path: string): Step[] {
  const parts = path.match(/(?:\\.|[^.[\\])+|\[[^\]]*\]/g) ?? [];
  if (parts.length === 0 || parts.join("").length !== path.replaceAll(/(?<!\\)\./g, "").length) {
    throw new PathError(`"${path}" is no path`);
  }
  return parts.map((part): Step => {
    if (!part.startsWith("[")) return part.replaceAll("\\.", ".");
    const inside = part.slice(1, -1);
    if (/^\d+$/.test(inside)) return Number(inside);
    const colon = inside.indexOf(":");
    if (colon < 0) throw new PathError(`${part} is neither an index such as [0] nor an item such as [name:x]`);
    return { key: inside.slice(0, colon), value: inside.slice(colon + 1) };
  });
}

/** A copy of `node` with `value` at the path, or without what is there when `value` is undefined. */
export function withPath(node: unknown, steps: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof step === "string") {
    if (node !== undefined && !isFields(node)) throw new PathError(`${step} is below something that has no fields`);
    const { [step]: before, ...others } = node ?? {};
    const after = withPath(before, rest, value);
    return after === undefined ? others : { ...node, [step]: after };
  }
  if (node !== undefined && !Array.isArray(node))
    throw new PathError(`${shown(step)} is below something that is no list`);
  const list: readonly unknown[] = Array.isArray(node) ? node : [];
  const index = indexOf(list, step);
  const after = withPath(list[index], rest, value);
  return after === undefined ? list.toSpliced(index, 1) : list.toSpliced(index, 1, after);
}

function indexOf(list: readonly unknown[], step: Exclude<Step, string>): number {
  if (typeof step === "number") {
    if (step <= list.length) return step;
    throw new PathError(`${shown(step)} is too far: the list has ${list.length} items`);
  }
  const { key, value } = step;
  const index = list.findIndex((item) => String(key === "" ? plain(item) : at(item, key)) === value);
  if (index >= 0) return index;
  throw new PathError(`there is no item ${shown(step)}`);
}

function plain(item: unknown): string {
  return typeof item === "string" ? item : canonical(item);
}

function shown(step: Exclude<Step, string>): string {
  return typeof step === "number" ? `[${step}]` : `[${step.key}:${step.value}]`;
}
