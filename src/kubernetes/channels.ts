/** Kubernetes' channels, by which streams go into a pod and out of it: a message's first byte says which it is of. */
import type { RawData } from "ws";

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
export const ERROR = 3;
export const RESIZE = 4;
/** Of v5: the channel named by the next byte has ended. */
export const CLOSE = 255;

export const V5 = "v5.channel.k8s.io";
/** Newest first, as Kubernetes prefers them. */
export const PROTOCOLS: readonly string[] = [V5, "v4.channel.k8s.io"];

/** A message as one buffer, whichever way the library gives it. */
export function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
