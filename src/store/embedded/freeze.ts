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

/** As `copy`, and a field that is null is absent too: so Kubernetes' types read it (`creationTimestamp: null`). */
export function copyWithoutNulls<T>(value: T): T {
  const result = copy(value);
  dropNulls(result);
  return result;
}

function dropNulls(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    if (child !== null) dropNulls(child);
    else if (!Array.isArray(value)) Reflect.deleteProperty(value, name);
  }
}
