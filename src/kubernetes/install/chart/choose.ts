/** Two renderings folded into one tree that says where they differ, and on what that depends. */
import { canonical, isFields } from "../../../store/patch/json.ts";
import { at } from "../tree.ts";

const ABSENT = Symbol("absent");

/** What stands in a tree where its two renderings differ. */
export class Choice {
  readonly condition: string;
  /** ABSENT where there is nothing. */
  readonly yes: unknown;
  readonly no: unknown;

  constructor(condition: string, yes: unknown, no: unknown) {
    this.condition = condition;
    this.yes = yes;
    this.no = no;
  }
}

export function isAbsent(node: unknown): boolean {
  return node === ABSENT;
}

/** `plain` makes of a text with holes the text that it is in the rendering where the condition holds. */
export function choose(condition: string, yes: unknown, no: unknown, plain: (text: string) => string): unknown {
  if (text(yes, plain) === text(no, plain)) return no;
  if (isFields(yes) && isFields(no) && !(yes instanceof Choice) && !(no instanceof Choice)) {
    const names = inOrder(Object.keys(yes), Object.keys(no));
    const part = (tree: object, name: string): unknown =>
      Object.hasOwn(tree, name) ? Reflect.get(tree, name) : ABSENT;
    return Object.fromEntries(names.map((name) => [name, choose(condition, part(yes, name), part(no, name), plain)]));
  }
  if (Array.isArray(yes) && Array.isArray(no)) {
    const [a, b] = [byIdentity(yes, plain), byIdentity(no, plain)];
    return inOrder([...a.keys()], [...b.keys()]).map((id) =>
      choose(condition, a.has(id) ? a.get(id) : ABSENT, b.has(id) ? b.get(id) : ABSENT, plain),
    );
  }
  return new Choice(condition, yes, no);
}

function text(node: unknown, plain: (text: string) => string): string {
  return node === ABSENT ? "absent" : plain(canonical(node));
}

/** Items by what tells them apart: objects by kind and name, others by name or key, or by all that they are. */
function byIdentity(items: readonly unknown[], plain: (text: string) => string): Map<string, unknown> {
  return new Map(
    items.map((item) => {
      const inner = item instanceof Choice ? (isAbsent(item.yes) ? item.no : item.yes) : item;
      const name = at(inner, "metadata", "name") ?? at(inner, "name") ?? at(inner, "key");
      return [plain(canonical(name === undefined ? inner : [at(inner, "kind"), name])), item];
    }),
  );
}

/** All of both, in the order that both keep. */
function inOrder(a: readonly string[], b: readonly string[]): string[] {
  const merged = [...b];
  for (const [i, name] of a.entries()) {
    if (merged.includes(name)) continue;
    const before = a.slice(0, i).findLast((one) => merged.includes(one));
    merged.splice(before === undefined ? 0 : merged.indexOf(before) + 1, 0, name);
  }
  return merged;
}
