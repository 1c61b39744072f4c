import type { KubeObject } from "../store/object.ts";

/** Parts of an Istio that is installed: whoever runs a mesh did not write them. */
export function isControlPlane({ metadata: { labels = {} } }: KubeObject): boolean {
  return labels.istio !== undefined || labels.release === "istio";
}
