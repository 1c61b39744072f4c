/** Addresses for pods. The next free one after the last given: an address that was just released rests for a while. */
import { LateenError } from "../../../errors.ts";
import { readJson, writeJson } from "../system/files.ts";

const FIRST = 2;
const LAST = 256 * 256 - 2;

export class Ipam {
  readonly #file: string;
  readonly #byOwner = new Map<string, string>();
  #last = FIRST - 1;

  constructor(file: string) {
    this.#file = file;
    const saved = readJson(file);
    if (typeof saved !== "object" || saved === null) return;
    if ("last" in saved && typeof saved.last === "number") this.#last = saved.last;
    if (!("owners" in saved) || typeof saved.owners !== "object" || saved.owners === null) return;
    for (const [owner, ip] of Object.entries(saved.owners)) if (typeof ip === "string") this.#byOwner.set(owner, ip);
  }

  addressOf(owner: string): string | undefined {
    return this.#byOwner.get(owner);
  }

  owners(): string[] {
    return [...this.#byOwner.keys()];
  }

  /** The owner's address: the one it has, or a new one. */
  allocate(owner: string): string {
    const had = this.#byOwner.get(owner);
    if (had) return had;
    const used = new Set(this.#byOwner.values());
    for (let step = 0; step <= LAST - FIRST; step++) {
      const next = this.#last >= LAST ? FIRST : this.#last + 1;
      this.#last = next;
      const ip = `10.244.${next >> 8}.${next & 255}`;
      if (used.has(ip)) continue;
      this.#byOwner.set(owner, ip);
      this.#save();
      return ip;
    }
    throw new LateenError("LTN1203", "All pod addresses are in use.", "Delete pods that are no longer needed.");
  }

  /** Takes note of an address that an owner has, as found. */
  claim(owner: string, ip: string): void {
    if (this.#byOwner.get(owner) === ip) return;
    this.#byOwner.set(owner, ip);
    this.#save();
  }

  release(owner: string): void {
    if (this.#byOwner.delete(owner)) this.#save();
  }

  #save(): void {
    writeJson(this.#file, { last: this.#last, owners: Object.fromEntries(this.#byOwner) });
  }
}
