import type { Socket } from "node:net";

/**
 * Joins two connections: each direction ends by itself (half-close), waits for the slower side, and an error of one
 * resets the other. Sockets must have been made with allowHalfOpen.
 */
export function splice(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", (hadError) => {
      if (hadError || !from.readableEnded) to.destroy();
    });
  }
}
