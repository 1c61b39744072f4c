/** Versions in Kubernetes' order of preference: v2, v1, v1beta1, v1alpha3. */
export function sortedVersions(versions: Iterable<string>): string[] {
  return [...new Set(versions)].sort((a, b) => rank(b) - rank(a));
}

const STAGES = { alpha: 0, beta: 1, stable: 2 };

function rank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return -1;
  const [, major, stage, minor] = match;
  const weight = stage === "alpha" ? STAGES.alpha : stage === "beta" ? STAGES.beta : STAGES.stable;
  return weight * 1_000_000 + Number(major) * 1000 + Number(minor ?? 0);
}
