import { podKind } from "../../kinds/core/pod.ts";
import { PROXY_CONTAINER } from "../../kubernetes/inject/proxy-container.ts";
import { PROXY_UID } from "../../kubernetes/inject/settings.ts";
import type { Analyzer } from "../analyzer.ts";
import { isControlPlane } from "../control-plane.ts";

export const applicationUidAnalyzer: Analyzer = {
  name: "applicationUID.Analyzer",
  description: "Checks that no application runs as the user whose traffic is not redirected",
  needs: [],
  analyze({ workloads }, report) {
    for (const { object, spec, at } of workloads.all) {
      const owned = object.metadata.ownerReferences?.some(({ controller }) => controller);
      // What made a pod is told of it, once for all its pods.
      if (isControlPlane(object) || (object.kind === podKind.type.kind && owned)) continue;
      const users = [
        { user: spec.securityContext?.runAsUser, field: "spec.securityContext.runAsUser" },
        ...spec.containers.map(({ name, securityContext }, i) => ({
          user: name === PROXY_CONTAINER ? undefined : securityContext?.runAsUser,
          field: `spec.containers[${i}].securityContext.runAsUser`,
        })),
      ];
      for (const { user, field } of users) {
        if (user !== PROXY_UID) continue;
        const text = `user ${PROXY_UID} is the proxy's: an application of this user goes past its proxy`;
        report("InvalidApplicationUID", object, at + field, text, "run it as another user");
      }
    }
  },
};
