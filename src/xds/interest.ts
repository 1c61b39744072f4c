import type { TypeUrl } from "../envoy/resource.ts";
import type { ResourceSource } from "../envoy/resource-source.ts";

/** Who uses which rows: what a change has to look at, and what keeps the rows computed. */
export class Interest<Who> {
  readonly #source: Pick<ResourceSource, "retain" | "release">;
  readonly #byType = new Map<TypeUrl, Map<string, Set<Who>>>();

  constructor(source: Pick<ResourceSource, "retain" | "release">) {
    this.#source = source;
  }

  add(type: TypeUrl, keys: ReadonlySet<string>, who: Who): void {
    if (keys.size === 0) return;
    const byKey = this.#byType.get(type) ?? new Map<string, Set<Who>>();
    this.#byType.set(type, byKey);
    for (const key of keys) {
      const users = byKey.get(key);
      if (users) users.add(who);
      else byKey.set(key, new Set([who]));
    }
    this.#source.retain(type, keys);
  }

  remove(type: TypeUrl, keys: ReadonlySet<string>, who: Who): void {
    if (keys.size === 0) return;
    const byKey = this.#byType.get(type);
    for (const key of keys) {
      const users = byKey?.get(key);
      if (users?.delete(who) && users.size === 0) byKey?.delete(key);
    }
    this.#source.release(type, keys);
  }

  of(type: TypeUrl, key: string): Iterable<Who> {
    return this.#byType.get(type)?.get(key) ?? [];
  }
}
