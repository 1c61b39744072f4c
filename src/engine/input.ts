import { Collection } from "./collection.ts";
import type { Explanation, RowFailure } from "./types.ts";

/** A collection whose rows are set from outside. */
export class Input<V> extends Collection<V> {
  readonly #changed: () => void;

  constructor(name: string, order: number, changed: () => void) {
    super(name, order);
    this.#changed = changed;
  }

  /** Sets a row. Outside a batch this runs a pass of its own. An equal value changes nothing. */
  set(key: string, value: V): void {
    this.write(key, value);
    this.#changed();
  }

  delete(key: string): void {
    this.write(key, undefined);
    this.#changed();
  }

  override settle(): number {
    return 0;
  }

  override explain(): Explanation | undefined {
    return undefined;
  }

  override failures(): RowFailure[] {
    return [];
  }
}
