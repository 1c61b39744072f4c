/** Lists, whole or in pages. Later pages show the state at the first one's version, rebuilt from the history. */
import { StoreError } from "../error.ts";
import { type KubeObject, keyOf } from "../object.ts";
import { expired } from "../refusals.ts";
import { selects } from "../selectors.ts";
import type { ListOptions, ObjectList, PageOptions } from "../store.ts";
import type { Ledger } from "./ledger.ts";
import type { TypeKey } from "./served.ts";

interface Position {
  version: number;
  /** The last key of the page before. */
  after: string;
}

export async function list(ledger: Ledger, type: TypeKey, options: ListOptions & PageOptions): Promise<ObjectList> {
  const selected = selects(options);
  if (!options.continue) {
    const state = await ledger.read(() => ({ version: ledger.version, objects: ledger.all(type) }));
    return page(state.objects.filter(selected), state.version, options);
  }
  const { version, after } = parse(options.continue);
  await ledger.settled();
  const rest = stateAt(ledger, type, version).filter((object) => keyOf(object) > after && selected(object));
  return page(rest, version, options);
}

function page(objects: KubeObject[], version: number, options: ListOptions & PageOptions): ObjectList {
  const { limit, labelSelector, fieldSelector } = options;
  const resourceVersion = String(version);
  if (!limit || objects.length <= limit) return { items: objects, resourceVersion };
  const items = objects.slice(0, limit);
  const last = items.at(-1);
  const position: Position = { version, after: last ? keyOf(last) : "" };
  return {
    items,
    resourceVersion,
    continue: Buffer.from(JSON.stringify(position)).toString("base64url"),
    // Kubernetes leaves the count out where it would have to look at objects to know it.
    ...(labelSelector || fieldSelector ? {} : { remainingItemCount: objects.length - limit }),
  };
}

function stateAt(ledger: Ledger, type: TypeKey, version: number): KubeObject[] {
  if (!ledger.history.reaches(type, version)) {
    throw expired("The provided continue parameter is too old to display a consistent list result.");
  }
  const state = new Map(ledger.all(type).map((object) => [keyOf(object), object]));
  for (const { key, before } of ledger.history.back(type, version)) {
    if (before) state.set(key, before);
    else state.delete(key);
  }
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

function parse(token: string): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof position === "object" && position !== null && "version" in position && "after" in position) {
      const { version, after } = position;
      if (typeof version === "number" && typeof after === "string") return { version, after };
    }
  } catch {
    // Not JSON: refused below.
  }
  throw new StoreError("BadRequest", "continue key is not valid: it did not come from a list of this server");
}
