import type { ConfigMap } from "../../kinds/core/config-map.ts";
import { configMapKind } from "../../kinds/core/config-map.ts";
import { type DaemonSet, daemonSetKind } from "../../kinds/core/daemon-set.ts";
import { type Deployment, deploymentKind } from "../../kinds/core/deployment.ts";
import { type EndpointSlice, endpointSliceKind } from "../../kinds/core/endpoint-slice.ts";
import { type Endpoints, endpointsKind } from "../../kinds/core/endpoints.ts";
import { type Event, eventKind } from "../../kinds/core/event.ts";
import { type Job, jobKind } from "../../kinds/core/job.ts";
import { type Namespace, namespaceKind } from "../../kinds/core/namespace.ts";
import { type Node, nodeKind } from "../../kinds/core/node.ts";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { type ReplicaSet, replicaSetKind } from "../../kinds/core/replica-set.ts";
import { type Service, serviceKind } from "../../kinds/core/service.ts";
import { type ServiceAccount, serviceAccountKind } from "../../kinds/core/service-account.ts";
import { type StatefulSet, statefulSetKind } from "../../kinds/core/stateful-set.ts";
import type { Store } from "../../store/store.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { Objects } from "./objects.ts";
import { WorkQueue } from "./work-queue.ts";

/** What the controllers see, and what they have in common. */
export interface World extends Views {
  recorder: EventRecorder;
  now(): Date;
  /** A queue that ends with the world and tells of failures under the controller's name. */
  queue(controller: string, sync: (key: string) => Promise<void>): WorkQueue;
}

type Views = ReturnType<typeof viewsOf>;

export function viewsOf(store: Store) {
  return {
    configMaps: new Objects<ConfigMap>(store, configMapKind.type),
    daemonSets: new Objects<DaemonSet>(store, daemonSetKind.type),
    deployments: new Objects<Deployment>(store, deploymentKind.type),
    endpoints: new Objects<Endpoints>(store, endpointsKind.type),
    endpointSlices: new Objects<EndpointSlice>(store, endpointSliceKind.type),
    events: new Objects<Event>(store, eventKind.type),
    jobs: new Objects<Job>(store, jobKind.type),
    namespaces: new Objects<Namespace>(store, namespaceKind.type),
    nodes: new Objects<Node>(store, nodeKind.type),
    pods: new Objects<Pod>(store, podKind.type),
    replicaSets: new Objects<ReplicaSet>(store, replicaSetKind.type),
    serviceAccounts: new Objects<ServiceAccount>(store, serviceAccountKind.type),
    services: new Objects<Service>(store, serviceKind.type),
    statefulSets: new Objects<StatefulSet>(store, statefulSetKind.type),
  };
}

export function queueFactory(
  report: (controller: string, key: string, error: unknown) => void,
  signal: AbortSignal,
): World["queue"] {
  return (controller, sync) => new WorkQueue({ sync, signal, report: (key, error) => report(controller, key, error) });
}
