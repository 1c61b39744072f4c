/** The control planes that are in the cluster, ours and Istio's own. */
import { type Deployment, deploymentKind } from "../../../kinds/core/deployment.ts";
import type { Store } from "../../../store/store.ts";
import { isOurs, revisionOf, versionOf } from "./labels.ts";
import { listAll } from "./objects.ts";

export interface ControlPlane {
  namespace: string;
  name: string;
  revision: string;
  image: string;
  version: string;
  /** False: Istio's own. */
  ours: boolean;
}

export async function listControlPlanes(store: Store): Promise<ControlPlane[]> {
  const deployments = await listAll<Deployment>(store, deploymentKind.type, { labelSelector: "app=istiod" });
  return deployments.map((deployment) => {
    const image = deployment.spec.template.spec?.containers[0]?.image ?? "";
    return {
      namespace: deployment.metadata.namespace ?? "",
      name: deployment.metadata.name,
      revision: revisionOf(deployment),
      image,
      version: versionOf(deployment) ?? imageTag(image),
      ours: isOurs(deployment),
    };
  });
}

/** `Lateen 0.1.0, revision canary`, as messages name it. */
export function titleOf({ ours, version, revision }: ControlPlane): string {
  return `${ours ? "Lateen" : "Istio"} ${version}, revision ${revision}`;
}

/** `1.2.3` of `hub:5000/pilot:1.2.3@sha256:…`. */
function imageTag(image: string): string {
  return /:([^:/@]+)(?:@|$)/.exec(image.replace(/@.*$/, ""))?.[1] ?? "unknown";
}
