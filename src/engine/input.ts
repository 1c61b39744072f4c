import { Collection } from "./collection.ts";
import type { Explanation, RowFailure } from "./types.ts";

/** A collection whose rows are set from outside. */
export class Input<V> extends Collection<V> {
  readonly #batch: (write: () => void) => void;

  constructor(name: string, order: number, batch: (write: () => void) => void) {
    super(name, order);
    this.#batch = batch;
  }

  /** Sets a row. Outside a batch this runs a pass of its own. An equal value changes nothing. */
  set(key: string, value: V): void {
    this.#batch(() => this.write(key, value));
  }

  delete(key: string): void {
    this.#batch(() => this.write(key, undefined));
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
