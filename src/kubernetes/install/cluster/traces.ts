/** What a control plane makes while it runs, in many namespaces, and what must go with the last one. */
import { setTimeout as sleep } from "node:timers/promises";
import { configMapKind } from "../../../kinds/core/config-map.ts";
import { type Deployment, deploymentKind } from "../../../kinds/core/deployment.ts";
import { horizontalPodAutoscalerKind } from "../../../kinds/core/horizontal-pod-autoscaler.ts";
import { leaseKind } from "../../../kinds/core/lease.ts";
import { podKind } from "../../../kinds/core/pod.ts";
import { podDisruptionBudgetKind } from "../../../kinds/core/pod-disruption-budget.ts";
import { secretKind } from "../../../kinds/core/secret.ts";
import { serviceKind } from "../../../kinds/core/service.ts";
import { serviceAccountKind } from "../../../kinds/core/service-account.ts";
import { gatewayClassKind } from "../../../kinds/gateway-api/gateway-class.ts";
import { CONTROLLER_NAME } from "../../../mesh/gateway-api/gateways.ts";
import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import type { Store } from "../../../store/store.ts";
import { listAll, remove } from "./objects.ts";

/** `cacerts` is not among them: people put it there themselves. */
export async function listTraces(store: Store, namespaces: readonly string[]): Promise<KubeObject[]> {
  const lists = await Promise.all([
    listAll(store, configMapKind.type, { fieldSelector: "metadata.name=istio-ca-root-cert" }),
    listAll(store, configMapKind.type, { labelSelector: "lateen.dev/uses=true" }),
    ...namespaces.flatMap((namespace) => [
      listAll(store, secretKind.type, { namespace, fieldSelector: "metadata.name=istio-ca-secret" }),
      listAll(store, secretKind.type, { namespace, fieldSelector: "metadata.name=lateen-ca" }),
      listAll(store, configMapKind.type, { namespace, fieldSelector: "metadata.name=lateen-rejections" }),
      listAll(store, configMapKind.type, { namespace, fieldSelector: "metadata.name=lateen-key-sets" }),
      leasesIn(store, namespace),
    ]),
    listAll(store, gatewayClassKind.type).then((classes) => classes.filter(isOurClass)),
    deployedGateways(store),
  ]);
  return lists.flat();
}

/** By which replicas agreed who leads. */
async function leasesIn(store: Store, namespace: string): Promise<KubeObject[]> {
  const leases = await listAll(store, leaseKind.type, { namespace });
  return leases.filter(({ metadata }) => /^istio-leader(-|$)/.test(metadata.name));
}

function isOurClass({ metadata, spec }: KubeObject): boolean {
  return metadata.name === "istio" && isFields(spec) && spec.controllerName === CONTROLLER_NAME;
}

/** Gateways that the control plane has deployed for Gateway objects, which stay without them. */
async function deployedGateways(store: Store): Promise<KubeObject[]> {
  const labelSelector = "gateway.istio.io/managed";
  const deployments = await listAll<Deployment>(store, deploymentKind.type, { labelSelector });
  const owners = new Set(deployments.flatMap(ownersOf));
  const kinds = [serviceKind, serviceAccountKind, horizontalPodAutoscalerKind, podDisruptionBudgetKind];
  const labelled = { labelSelector: "gateway.networking.k8s.io/gateway-name" };
  const beside = (await Promise.all(kinds.map(({ type }) => listAll(store, type, labelled)))).flat();
  return [...deployments, ...beside.filter((object) => ownersOf(object).some((uid) => owners.has(uid)))];
}

function ownersOf({ metadata: { ownerReferences = [] } }: KubeObject): string[] {
  return ownerReferences.flatMap(({ kind, uid }) => (kind === "Gateway" ? [uid] : []));
}

const PATIENCE_MS = 90_000;
const POLL_MS = 250;

/** Removes the traces that were not there before (`spared`), once no control plane is left that would make them again. */
export async function clearTraces(
  store: Store,
  namespaces: readonly string[],
  spared: readonly KubeObject[] = [],
): Promise<KubeObject[]> {
  await goneControlPlanes(store);
  const known = new Set(spared.map(({ metadata }) => metadata.uid));
  const cleared: KubeObject[] = [];
  for (const object of await listTraces(store, namespaces)) {
    if (!known.has(object.metadata.uid) && (await remove(store, object))) cleared.push(object);
  }
  return cleared;
}

async function goneControlPlanes(store: Store): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const deployments = await listAll(store, deploymentKind.type, { labelSelector: "app=istiod" });
    const pods = await listAll(store, podKind.type, { labelSelector: "app=istiod" });
    // A Deployment that stays keeps its pods, and what they have made is theirs.
    if (pods.length === 0 || deployments.length > 0) return;
    await sleep(POLL_MS);
  }
}
