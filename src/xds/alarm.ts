/** Rings once at the earliest of the times that it was set to, and can then be set again. */
export class Alarm {
  readonly #ring: () => void;
  #timer: { at: number; handle: NodeJS.Timeout } | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Unix milliseconds. */
  set(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    this.clear();
    const ring = (): void => {
      this.#timer = undefined;
      this.#ring();
    };
    const handle = setTimeout(ring, Math.max(1, at - Date.now() + 1));
    handle.unref();
    this.#timer = { at, handle };
  }

  clear(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }
}
