import type { KubeObject } from "../object.ts";
import type { TypeKey } from "./served.ts";

/** One change of one object. A creation has no `before`; a removal has no `after`. */
export interface Change {
  type: TypeKey;
  key: string;
  version: number;
  before: KubeObject | undefined;
  after: KubeObject | undefined;
}

/** The latest changes, by type, up to a number in all. Watches read it with a cursor of their own. */
export class History {
  readonly #limit: number;
  /** Where the process began: what was before is not known. */
  readonly #start: number;
  readonly #logs = new Map<TypeKey, Log>();
  /** Types in the order of their changes, to drop the oldest of all. */
  readonly #order = new Fifo<TypeKey>();

  constructor(limit: number, start: number) {
    this.#limit = limit;
    this.#start = start;
  }

  add(change: Change): void {
    this.#log(change.type).changes.push(change);
    this.#order.push(change.type);
    if (this.#order.size <= this.#limit) return;
    const type = this.#order.shift();
    const log = type === undefined ? undefined : this.#logs.get(type);
    const dropped = log?.changes.shift();
    if (log && dropped) log.floor = dropped.version;
  }

  /** Whether all changes of a type after a version are still known. */
  reaches(type: TypeKey, version: number): boolean {
    return version >= (this.#logs.get(type)?.floor ?? this.#start);
  }

  /** The oldest change of a type after a version. */
  next(type: TypeKey, version: number): Change | undefined {
    return this.#logs.get(type)?.changes.after(version);
  }

  /** Changes of a type after a version, newest first. */
  *back(type: TypeKey, version: number): Generator<Change> {
    const changes = this.#logs.get(type)?.changes;
    if (changes) yield* changes.back(version);
  }

  #log(type: TypeKey): Log {
    let log = this.#logs.get(type);
    if (!log) {
      log = { floor: this.#start, changes: new Changes() };
      this.#logs.set(type, log);
    }
    return log;
  }
}

interface Log {
  /** The version of the last change that was dropped. */
  floor: number;
  changes: Changes;
}

/** A queue on an array: the head moves, and the array is cut when half of it is behind the head. */
class Fifo<T> {
  protected items: T[] = [];
  protected head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    const item = this.items[this.head];
    if (this.head < this.items.length) this.head++;
    if (this.head > 64 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}

class Changes extends Fifo<Change> {
  after(version: number): Change | undefined {
    let low = this.head;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.items[middle]?.version ?? 0) > version) high = middle;
      else low = middle + 1;
    }
    return this.items[low];
  }

  *back(version: number): Generator<Change> {
    for (let at = this.items.length - 1; at >= this.head; at--) {
      const change = this.items[at];
      if (!change || change.version <= version) return;
      yield change;
    }
  }
}
