import type { ResourceType } from "../../../store/object.ts";
import {
  configMapPrinter,
  createdAtPrinter,
  eventPrinter,
  leasePrinter,
  namespacePrinter,
  nodePrinter,
  roleBindingPrinter,
  secretPrinter,
  serviceAccountPrinter,
  webhookConfigurationPrinter,
} from "./cluster.ts";
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from "./network.ts";
import { podPrinter } from "./pods.ts";
import type { Printer } from "./table.ts";
import {
  daemonSetPrinter,
  deploymentPrinter,
  horizontalPodAutoscalerPrinter,
  jobPrinter,
  podDisruptionBudgetPrinter,
  replicaSetPrinter,
  statefulSetPrinter,
} from "./workloads.ts";

const printers: Readonly<Record<string, Printer>> = {
  "/pods": podPrinter,
  "/services": servicePrinter,
  "/endpoints": endpointsPrinter,
  "/namespaces": namespacePrinter,
  "/nodes": nodePrinter,
  "/secrets": secretPrinter,
  "/configmaps": configMapPrinter,
  "/serviceaccounts": serviceAccountPrinter,
  "/events": eventPrinter,
  "events.k8s.io/events": eventPrinter,
  "apps/deployments": deploymentPrinter,
  "apps/replicasets": replicaSetPrinter,
  "apps/statefulsets": statefulSetPrinter,
  "apps/daemonsets": daemonSetPrinter,
  "batch/jobs": jobPrinter,
  "discovery.k8s.io/endpointslices": endpointSlicePrinter,
  "policy/poddisruptionbudgets": podDisruptionBudgetPrinter,
  "autoscaling/horizontalpodautoscalers": horizontalPodAutoscalerPrinter,
  "coordination.k8s.io/leases": leasePrinter,
  "apiextensions.k8s.io/customresourcedefinitions": createdAtPrinter,
  "rbac.authorization.k8s.io/roles": createdAtPrinter,
  "rbac.authorization.k8s.io/clusterroles": createdAtPrinter,
  "rbac.authorization.k8s.io/rolebindings": roleBindingPrinter,
  "rbac.authorization.k8s.io/clusterrolebindings": roleBindingPrinter,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhookConfigurationPrinter,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": webhookConfigurationPrinter,
};

/** The columns of kinds that Kubernetes itself prints. */
export function printerOf(type: Pick<ResourceType, "group" | "plural">): Printer | undefined {
  return printers[`${type.group}/${type.plural}`];
}
