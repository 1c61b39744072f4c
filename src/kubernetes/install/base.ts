/** What all revisions share: the kinds, and the validation of objects that name no revision. */
import { crdName, toCrd } from "../../kinds/crd.ts";
import { meshKinds } from "../../kinds/mesh-kinds.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Installation } from "./installation.ts";
import { DEFAULT_REVISION, ownLabels } from "./names.ts";
import { defaultValidator } from "./webhooks.ts";

export function baseObjects(installation: Installation): KubeObject[] {
  const { values, revision, namespace } = installation;
  const validated = values.defaultRevision || (revision === DEFAULT_REVISION ? revision : "");
  return [
    ...crds(values.base),
    ...(validated !== "" && values.global.configValidation ? [defaultValidator(validated, namespace)] : []),
  ];
}

function crds({ enableIstioConfigCRDs, excludedCRDs = [] }: Installation["values"]["base"]): KubeObject[] {
  if (!enableIstioConfigCRDs) return [];
  return meshKinds
    .filter((kind) => !excludedCRDs.includes(crdName(kind)))
    .map(toCrd)
    .map((crd) => ({
      ...crd,
      metadata: {
        ...crd.metadata,
        labels: { ...crd.metadata.labels, ...ownLabels("Base") },
        // With a definition go all of its objects: that is not what who uninstalls a chart asks for.
        annotations: { "helm.sh/resource-policy": "keep" },
      },
    }));
}
