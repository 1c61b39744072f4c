/** Below 0: a is older than b. Builds of one version are in the order of their names. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return a === b ? 0 : a < b ? -1 : 1;
}

/** How many minor versions b is ahead of a; undefined when their major versions differ. */
export function minorsBetween(a: string, b: string): number | undefined {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  return left[0] === right[0] ? (right[1] ?? 0) - (left[1] ?? 0) : undefined;
}

function numbersOf(version: string): number[] {
  return [...version.matchAll(/\d+/g)].slice(0, 3).map(([digits]) => Number(digits));
}
