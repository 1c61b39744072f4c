/** For the tests of this folder: a cluster without nodes, whose controllers do at once what they would do in a while. */
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { customResourceDefinitionKind } from "../../../kinds/core/custom-resource-definition.ts";
import { type Deployment, deploymentKind } from "../../../kinds/core/deployment.ts";
import { type Pod, podKind } from "../../../kinds/core/pod.ts";
import { kinds } from "../../../kinds/registry.ts";
import { EmbeddedStore } from "../../../store/embedded/embedded-store.ts";
import type { KubeObject, ResourceType } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import type { DeliveredComponent, Delivery, Progress } from "./delivery.ts";
import type { KubeApi } from "./kube-api.ts";
import { recordOf } from "./record.ts";
import { isWebhook } from "./rolled-out.ts";

export interface FakeCluster extends KubeApi {
  store: EmbeddedStore;
  /** The store as a client sees it. */
  client: Store;
  /** What Kubernetes says of itself. */
  version: string;
  /** What of `verb resource` is refused to who asks. */
  denied: Set<string>;
  /** What containers of an image do instead of running. */
  broken: Map<string, NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number]["state"]>;
  /** The log of every container. */
  log: string;
}

export const ns = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

export async function fakeCluster(): Promise<FakeCluster> {
  const store = new EmbeddedStore({ path: ":memory:", kinds });
  await store.create(
    { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false },
    ns("default"),
  );
  const cluster: FakeCluster = {
    store,
    client: store,
    version: "v1.34.4",
    denied: new Set(),
    broken: new Map(),
    log: "",
    http: {
      json: async ({ path }) => (path === "/version" ? { gitVersion: cluster.version } : {}),
      stream: async () => {
        const message = new IncomingMessage(new Socket());
        message.push(cluster.log);
        message.push(null);
        return message;
      },
    },
  };
  const written = async <T extends KubeObject>(type: ResourceType, object: T, dryRun?: boolean): Promise<T> => {
    if (!dryRun) await react(cluster, type, object);
    return object;
  };
  cluster.client = {
    list: (type, options) => store.list(type, options),
    watch: (type, options) => store.watch(type, options),
    get: (type, name) => store.get(type, name),
    delete: (type, name, options) => store.delete(type, name, options),
    create: async (type, object, options) =>
      type.plural === "selfsubjectaccessreviews"
        ? review(cluster, object)
        : written(type, await store.create(type, object, options), options?.dryRun),
    update: async (type, object, options) => written(type, await store.update(type, object, options), options?.dryRun),
    patch: async <T extends KubeObject>(...[type, name, patch, options]: Parameters<Store["patch"]>) =>
      written(type, await store.patch<T>(type, name, patch, options), options?.dryRun),
  };
  return cluster;
}

/** The API of a fake cluster. */
export function apiOf(cluster: FakeCluster): KubeApi {
  return { store: cluster.client, http: cluster.http };
}

function review<T extends KubeObject>({ denied }: FakeCluster, object: T): T {
  const { verb, resource } = Object(Object(object.spec).resourceAttributes);
  const refused = denied.size > 0 && (verb === "*" || denied.has(`${verb} ${resource}`));
  return { ...object, status: { allowed: !refused } };
}

async function react(cluster: FakeCluster, type: ResourceType, object: KubeObject): Promise<void> {
  const { store } = cluster;
  const { name, namespace = "" } = object.metadata;
  if (type.plural === customResourceDefinitionKind.type.plural && object.status === undefined) {
    const versions: { name: string; storage: boolean }[] = Object(object.spec).versions;
    const status = {
      conditions: [{ type: "Established", status: "True" }],
      storedVersions: versions.filter(({ storage }) => storage).map((version) => version.name),
    };
    await store.patch(type, { name }, { type: "merge", body: { status } }, { subresource: "status" });
  }
  if (type.plural === deploymentKind.type.plural) await rollOut(cluster, await store.get(type, { namespace, name }));
  if (isWebhook(object) && Array.isArray(object.webhooks)) {
    const trusting = object.webhooks.map((hook) => ({
      ...hook,
      clientConfig: { caBundle: "Q0E=", ...hook.clientConfig },
      failurePolicy: "Fail",
    }));
    const same = JSON.stringify(trusting) === JSON.stringify(object.webhooks);
    const body = { webhooks: trusting };
    if (!same) await store.patch(type, { name }, { type: "merge", body }, { fieldManager: "istiod" });
  }
}

async function rollOut({ store, broken }: FakeCluster, { metadata, spec }: Deployment): Promise<void> {
  const { name, namespace = "" } = metadata;
  const replicas = spec.replicas ?? 1;
  const image = spec.template.spec?.containers[0]?.image ?? "";
  const state = broken.get(image);
  const labels = spec.template.metadata?.labels ?? {};
  for (const { metadata: old } of (await store.list(podKind.type, { namespace })).items) {
    if (old.name.startsWith(`${name}-`))
      await store.delete(podKind.type, { namespace, name: old.name }, { gracePeriodSeconds: 0 });
  }
  const container = { name: "main", image };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${name}-5d8f-x7k2p`, namespace, labels },
    spec: { containers: [container] },
  };
  if (state) {
    await store.create(podKind.type, pod);
    const status = {
      conditions: [{ type: "Ready", status: "False" }],
      containerStatuses: [{ ...container, ready: false, restartCount: 3, state, imageID: "" }],
    };
    await store.patch(
      podKind.type,
      { namespace, name: pod.metadata.name },
      { type: "merge", body: { status } },
      { subresource: "status" },
    );
  }
  const ready = state ? 0 : replicas;
  const status = {
    observedGeneration: metadata.generation,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: ready,
  };
  await store.patch(
    deploymentKind.type,
    { namespace, name },
    { type: "merge", body: { status } },
    { subresource: "status" },
  );
}

/** A Deployment of one container, as an installation would have it. */
export function deployment(name: string, image: string, metadata: object = {}): KubeObject {
  const labels = {
    "operator.istio.io/component": "Pilot",
    "istio.io/rev": "default",
    "app.kubernetes.io/part-of": "lateen",
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "istio-system", labels: { app: name, ...labels }, ...metadata },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } },
    },
  };
}

export function configMap(name: string, data: Record<string, string>, component = "Pilot"): KubeObject {
  const labels = {
    "operator.istio.io/component": component,
    "istio.io/rev": "default",
    "app.kubernetes.io/part-of": "lateen",
  };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "istio-system", labels }, data };
}

export function delivery(components: readonly DeliveredComponent[], sets: readonly string[] = []): Delivery {
  const place = { namespace: "istio-system", revision: "default" };
  return { ...place, components, record: recordOf({ ...place, version: "0.1.0", request: { files: [], sets } }) };
}

export interface Told extends Progress {
  lines: string[];
}

export function told(): Told {
  const lines: string[] = [];
  return {
    lines,
    started: (component) => void lines.push(`started ${component}`),
    waiting: () => undefined,
    finished: (component, touched) => void lines.push(`finished ${component} ${touched}`),
    failed: (component) => void lines.push(`failed ${component}`),
    step: (text) => void lines.push(text),
  };
}
