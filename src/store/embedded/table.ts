import type { KubeObject } from "../object.ts";

/** The objects of one type by key, and in the order of their keys. */
export class Table {
  readonly #objects = new Map<string, KubeObject>();
  #sorted: KubeObject[] | undefined;

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** Undefined removes. */
  set(key: string, object: KubeObject | undefined): void {
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#sorted = undefined;
  }

  sorted(): readonly KubeObject[] {
    this.#sorted ??= [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    return this.#sorted;
  }
}
