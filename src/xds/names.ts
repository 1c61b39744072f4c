/** Names and the rows they stand for, both ways, with a record of which rows came into use and which went out of it. */
export class Names {
  readonly #keys = new Map<string, string>();
  /** Nearly always one name per row: a set only where there are more. */
  readonly #names = new Map<string, string | Set<string>>();
  #gained = new Set<string>();
  #lost = new Set<string>();

  keyOf(name: string): string | undefined {
    return this.#keys.get(name);
  }

  namesOf(key: string): Iterable<string> {
    const names = this.#names.get(key);
    return names === undefined ? [] : typeof names === "string" ? [names] : names;
  }

  keys(): Iterable<string> {
    return this.#names.keys();
  }

  /** Whether that changed anything. */
  set(name: string, key: string): boolean {
    if (this.#keys.get(name) === key) return false;
    this.delete(name);
    this.#keys.set(name, key);
    const names = this.#names.get(key);
    if (names === undefined) {
      this.#names.set(key, name);
      if (!this.#lost.delete(key)) this.#gained.add(key);
    } else if (typeof names === "string") this.#names.set(key, new Set([names, name]));
    else names.add(name);
    return true;
  }

  delete(name: string): void {
    const key = this.#keys.get(name);
    if (key === undefined) return;
    this.#keys.delete(name);
    const names = this.#names.get(key);
    if (names instanceof Set) {
      names.delete(name);
      if (names.size > 0) return;
    }
    this.#names.delete(key);
    if (!this.#gained.delete(key)) this.#lost.add(key);
  }

  /** The rows that came into use and went out of it since this was last called. */
  take(): { gained: ReadonlySet<string>; lost: ReadonlySet<string> } {
    const taken = { gained: this.#gained, lost: this.#lost };
    this.#gained = new Set();
    this.#lost = new Set();
    return taken;
  }
}
