/** How long the next restart of a container waits. */
export interface BackOff {
  firstMs: number;
  mostMs: number;
  /** A container that ran this long starts over. */
  resetMs: number;
}

const CRASH_LOOP: BackOff = { firstMs: 10_000, mostMs: 300_000, resetMs: 600_000 };

/** The delay before this restart, and what to remember for the next. The first restart is immediate. */
export function nextRestart(
  rememberedMs: number,
  ranMs: number,
  { firstMs, mostMs, resetMs }: BackOff = CRASH_LOOP,
): { delayMs: number; rememberMs: number } {
  const delayMs = ranMs >= resetMs ? 0 : rememberedMs;
  return { delayMs, rememberMs: delayMs === 0 ? firstMs : Math.min(delayMs * 2, mostMs) };
}
