/** The objects that installations have made, found by their labels, in the order in which they are taken away. */

import {
  validatingAdmissionPolicyBindingKind,
  validatingAdmissionPolicyKind,
} from "../../../kinds/core/admission-policy.ts";
import { configMapKind } from "../../../kinds/core/config-map.ts";
import { daemonSetKind } from "../../../kinds/core/daemon-set.ts";
import { deploymentKind } from "../../../kinds/core/deployment.ts";
import { horizontalPodAutoscalerKind } from "../../../kinds/core/horizontal-pod-autoscaler.ts";
import { podDisruptionBudgetKind } from "../../../kinds/core/pod-disruption-budget.ts";
import { clusterRoleBindingKind, clusterRoleKind, roleBindingKind, roleKind } from "../../../kinds/core/rbac.ts";
import { secretKind } from "../../../kinds/core/secret.ts";
import { serviceKind } from "../../../kinds/core/service.ts";
import { serviceAccountKind } from "../../../kinds/core/service-account.ts";
import {
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
} from "../../../kinds/core/webhook-configuration.ts";
import { envoyFilterKind } from "../../../kinds/istio/envoy-filter.ts";
import type { KubeObject, ResourceType } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { listAll } from "./objects.ts";

/** Webhooks first: once their control plane is gone they would refuse what follows. Definitions are apart. */
const TYPES: readonly ResourceType[] = [
  mutatingWebhookConfigurationKind.type,
  validatingWebhookConfigurationKind.type,
  validatingAdmissionPolicyBindingKind.type,
  validatingAdmissionPolicyKind.type,
  envoyFilterKind.type,
  horizontalPodAutoscalerKind.type,
  podDisruptionBudgetKind.type,
  deploymentKind.type,
  daemonSetKind.type,
  serviceKind.type,
  configMapKind.type,
  secretKind.type,
  roleBindingKind.type,
  roleKind.type,
  clusterRoleBindingKind.type,
  clusterRoleKind.type,
  serviceAccountKind.type,
];

export async function listInstalled(store: Store, labelSelector: string): Promise<KubeObject[]> {
  const lists = await Promise.all(TYPES.map((type) => listAll(store, type, { labelSelector })));
  return lists.flat();
}
