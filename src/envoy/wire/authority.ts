/** The host without its port, of an authority as a client writes it: `reviews:9080`, `[fd00::1]:80`, `10.0.0.1`. */
export function hostOf(authority: string): string {
  if (authority.startsWith("[")) return authority.slice(1, Math.max(authority.indexOf("]"), 1));
  const colon = authority.lastIndexOf(":");
  const isPort = colon >= 0 && /^\d*$/.test(authority.slice(colon + 1));
  return isPort && authority.indexOf(":") === colon ? authority.slice(0, colon) : authority;
}
