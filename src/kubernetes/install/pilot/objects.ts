/** The control plane: who it is, what it may do, what it is told, and where it runs. */
import type { KubeObject } from "../../../store/object.ts";
import type { Installation } from "../installation.ts";
import { limiter } from "../limiter.ts";
import { pilotMeta, pilotSelector, revisioned } from "../names.ts";
import { autoscaler, disruptionBudget, scalingOf } from "../scaling.ts";
import { revisionInjector, revisionValidator, tagInjector } from "../webhooks.ts";
import { configMaps } from "./config-maps.ts";
import { deployment } from "./deployment.ts";
import { roles } from "./roles.ts";
import { service } from "./service.ts";

export function pilotObjects(installation: Installation): KubeObject[] {
  const { values, revision, namespace, components } = installation;
  const { pilot, global, rateLimit, sidecarInjectorWebhook, revisionTags } = values;
  const injection = { revision, namespace, ...sidecarInjectorWebhook };
  const metadata = pilotMeta(installation, revisioned("istiod", revision));
  const scaling = scalingOf(pilot, components.pilot.k8s);
  const secrets = global.imagePullSecrets.map((name) => ({ name }));
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: {
        ...metadata,
        ...(pilot.serviceAccountAnnotations && { annotations: pilot.serviceAccountAnnotations }),
      },
      ...(secrets.length > 0 && { imagePullSecrets: secrets }),
    },
    ...roles(installation),
    ...configMaps(installation),
    service(installation),
    deployment(installation),
    ...autoscaler(metadata, scaling),
    ...disruptionBudget(metadata, pilotSelector(installation), scaling, global),
    revisionInjector(injection),
    ...revisionTags.map((tag) => tagInjector(tag, injection)),
    ...(rateLimit.enabled ? limiter(installation) : []),
    ...(global.configValidation ? [revisionValidator(revision, namespace)] : []),
  ];
}
