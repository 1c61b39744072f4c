/** Makes plain data read-only in depth: objects are shared by all readers of the store. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freeze(child);
  return Object.freeze(value);
}

/** A copy that may be changed, as plain JSON: fields that are undefined are absent. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
