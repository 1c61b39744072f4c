/**
 * Keys of resource rows: `SCOPE/NAME` would be ambiguous, since both parts have slashes and bars, so the scope is
 * followed by a tab, which occurs in neither. Proxies with the same scope share the row of a name.
 */
export function rowKey(scope: string, name: string): string {
  return `${scope}\t${name}`;
}

export function parseRowKey(key: string): { scope: string; name: string } {
  const at = key.indexOf("\t");
  return { scope: key.slice(0, at), name: key.slice(at + 1) };
}
