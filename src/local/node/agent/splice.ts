import type { Socket } from "node:net";

/**
 * Joins two connections: each direction ends by itself (half-close), waits for the slower side, and what breaks one
 * resets the other. Sockets must have been made with allowHalfOpen.
 */
export function splice(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on("error", () => reset(to));
    from.on("close", () => {
      if (!from.readableEnded) reset(to);
    });
  }
}

/** Unix sockets know no reset, and have no address to tell them by. */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
