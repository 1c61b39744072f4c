/** The scale subresource: `autoscaling/v1` Scale, a view of any object with `spec.replicas`. */
import { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import { isFields } from "../patch/json.ts";
import { formatRequirements, labelSelectorRequirements } from "../selectors.ts";

export function scaleOf(object: KubeObject): KubeObject {
  const spec = isFields(object.spec) ? object.spec : {};
  const status = isFields(object.status) ? object.status : {};
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: JSON.parse(JSON.stringify(metadata)),
    spec: { replicas: typeof spec.replicas === "number" ? spec.replicas : 0 },
    status: {
      replicas: typeof status.replicas === "number" ? status.replicas : 0,
      selector: selectorText(spec.selector),
    },
  };
}

/** `object` with the replicas, and the version to be checked, of `scale`. */
export function withScale(object: KubeObject, scale: KubeObject): KubeObject {
  const replicas = isFields(scale.spec) ? (scale.spec.replicas ?? 0) : undefined;
  if (typeof replicas !== "number" || !Number.isInteger(replicas) || replicas < 0) {
    throw new StoreError("Invalid", "spec.replicas: must be a whole number, 0 or more");
  }
  const { resourceVersion: _, ...rest } = object.metadata;
  const { resourceVersion } = scale.metadata;
  const spec = isFields(object.spec) ? object.spec : {};
  return {
    ...object,
    metadata: resourceVersion === undefined ? rest : { ...rest, resourceVersion },
    spec: { ...spec, replicas },
  };
}

/** A LabelSelector, or the plain map that ReplicationControllers have. */
function selectorText(selector: unknown): string {
  if (!isFields(selector)) return "";
  const isLabelSelector = "matchLabels" in selector || "matchExpressions" in selector;
  return formatRequirements(labelSelectorRequirements(isLabelSelector ? selector : { matchLabels: textsOf(selector) }));
}

function textsOf(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}
