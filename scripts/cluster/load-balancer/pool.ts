/** Which address each Service gets. Pure: addresses in use in, addresses to give out. */

export interface Claim {
  /** `namespace/name`. */
  key: string;
  /** What it has now. */
  address: string | undefined;
  /** spec.loadBalancerIP: what it asks for. */
  wanted: string | undefined;
}

/** An address for each claim that should get another one than it has; none for those that the pool has no room for. */
export function assign(claims: readonly Claim[], pool: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  const waiting: Claim[] = [];
  for (const claim of claims) {
    const keeps = claim.address !== undefined && pool.includes(claim.address) && !taken.has(claim.address);
    const content = claim.wanted === undefined || claim.wanted === claim.address;
    if (keeps && content && claim.address) taken.add(claim.address);
    else waiting.push(claim);
  }
  for (const { key, wanted } of waiting) {
    const free = (address: string): boolean => pool.includes(address) && !taken.has(address);
    const address = wanted !== undefined ? [wanted].find(free) : pool.find(free);
    if (address === undefined) continue;
    taken.add(address);
    given.set(key, address);
  }
  return given;
}

/** All addresses from `first` to `last`, which differ in their last number. */
export function range(first: string, last: string): string[] {
  const number = (address: string): number => Number(address.split(".")[3]);
  const prefix = first.slice(0, first.lastIndexOf("."));
  return Array.from({ length: number(last) - number(first) + 1 }, (_, index) => `${prefix}.${number(first) + index}`);
}
