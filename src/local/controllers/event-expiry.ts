import type { Event } from "../../kinds/core/event.ts";
import { keyOf } from "../../store/object.ts";
import { millis } from "./time.ts";
import type { World } from "./world.ts";

/** Deletes events some time after they were last seen. */
export function expireEvents(world: World, ttlMs: number): void {
  const queue = world.queue("event-expiry", async (key) => {
    const event = world.events.get(key);
    if (!event) return;
    const left = lastSeen(event) + ttlMs - world.now().getTime();
    if (left > 0) queue.addAfter(key, left);
    else await world.events.delete(event);
  });
  world.events.onChange(({ after }) => {
    if (after) queue.add(keyOf(after));
  });
}

function lastSeen({ lastTimestamp, eventTime, metadata }: Event): number {
  return millis(lastTimestamp) ?? millis(eventTime) ?? millis(metadata.creationTimestamp) ?? 0;
}
