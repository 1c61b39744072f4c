/** The labels by which what was installed is found again, and told from what Istio itself has installed. */
import type { KubeObject } from "../../../store/object.ts";

export const COMPONENT = "operator.istio.io/component";
export const REVISION = "istio.io/rev";
export const TAG = "istio.io/tag";
const OWNER = "install.operator.istio.io/owning-resource";

export function revisionOf({ metadata: { labels } }: KubeObject): string {
  return labels?.[REVISION] ?? "default";
}

/** Whether a lateen made it, and not Istio, which uses the same names and labels. */
export function isOurs({ metadata: { labels } }: KubeObject): boolean {
  return labels?.[OWNER] === "lateen";
}
