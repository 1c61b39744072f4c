/** Host names: short and full, wildcards, and who may see what. */

/** A name without dots is short for a service of the namespace in which it is written. */
export function resolveHost(host: string, namespace: string, clusterDomain: string): string {
  const name = host.toLowerCase();
  if (name === "" || name.includes(".") || name.includes("*")) return name;
  return serviceHost(name, namespace, clusterDomain);
}

export function serviceHost(name: string, namespace: string, clusterDomain: string): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

/** The host itself and the wildcards that cover it, most specific first: `a.b.c`, `*.b.c`, `*.c`, `*`. */
export function hostAndWildcards(host: string): string[] {
  const labels = host.split(".");
  const from = host.startsWith("*") ? 1 : 0;
  const names = [host];
  for (let i = from + 1; i < labels.length; i++) names.push(`*.${labels.slice(i).join(".")}`);
  if (host !== "*") names.push("*");
  return names;
}

/** Whether each name that `host` covers is covered by `pattern` too. */
export function covers(pattern: string, host: string): boolean {
  if (pattern === "*" || pattern === host) return true;
  return pattern.startsWith("*") && host.length > pattern.length - 1 && host.endsWith(pattern.slice(1));
}

/** What two host patterns have in common: the narrower of them, or undefined. */
export function intersectHosts(a: string, b: string): string | undefined {
  if (covers(a, b)) return b;
  return covers(b, a) ? a : undefined;
}

/** Of two host patterns the more specific first: exact before wildcard, longer before shorter. */
export function bySpecificity(a: string, b: string): number {
  const wild = Number(a.startsWith("*")) - Number(b.startsWith("*"));
  if (wild !== 0) return wild;
  return b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Whether something of `owner` with this `exportTo` is there for clients of `namespace`. */
export function isExportedTo(exportTo: readonly string[], owner: string, namespace: string): boolean {
  if (exportTo.length === 0) return true;
  return exportTo.some((to) => to === "*" || to === namespace || (to === "." && owner === namespace));
}
