/** The labels by which what was installed is found again, and told from what Istio itself has installed. */
import type { KubeObject } from "../../../store/object.ts";

export const COMPONENT = "operator.istio.io/component";
export const REVISION = "istio.io/rev";
export const TAG = "istio.io/tag";
const PART_OF = "app.kubernetes.io/part-of";
const VERSION = "operator.istio.io/version";

/** Selects what lateens have made. */
export const OURS = `${PART_OF}=lateen`;

export function revisionOf({ metadata: { labels } }: KubeObject): string {
  return labels?.[REVISION] ?? "default";
}

/** Whether a lateen made it, and not Istio, which uses the same names and labels. */
export function isOurs({ metadata: { labels } }: KubeObject): boolean {
  return labels?.[PART_OF] === "lateen";
}

/** Of what made it. */
export function versionOf({ metadata: { labels } }: KubeObject): string | undefined {
  return labels?.[VERSION];
}
