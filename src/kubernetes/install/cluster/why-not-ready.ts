/** Why a Deployment does not get ready, in the words of its conditions, pods, containers and events. */
import { text as readAll } from "node:stream/consumers";
import { type Event, eventKind } from "../../../kinds/core/event.ts";
import { type ContainerStatus, type Pod, podKind } from "../../../kinds/core/pod.ts";
import { pathOf } from "../../../store/cluster/path.ts";
import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import type { KubeApi } from "./kube-api.ts";
import { find, listAll, nameOf, typeOf } from "./objects.ts";
import { isWebhook } from "./rolled-out.ts";

export interface Reason {
  /** A word or two for a line of progress; none for what is usual while something starts. */
  short?: string;
  text: string;
  remedy?: string;
}

const LOOK_AT_ISTIOD = "See what keeps istiod from it: kubectl logs -n istio-system deployment/istiod";
const LOG_LINES = 12;
/** One pod of a Deployment tells what ails the others. */
const PODS = 1;

export async function whyNotReady(api: KubeApi, object: KubeObject): Promise<Reason[]> {
  const live = await find(api.store, typeOf(object), nameOf(object));
  if (!live) return [];
  if (isWebhook(live))
    return [{ short: "not called yet", text: "the API server cannot call it", remedy: LOOK_AT_ISTIOD }];
  const pods = await unreadyPods(api, live);
  const reasons = (await Promise.all(pods.slice(0, PODS).map((pod) => whyPod(api, pod)))).flat();
  return reasons.length > 0 ? reasons : refusedPods(live);
}

/** Pods that could not even be made: a quota, a webhook or a policy says no. */
function refusedPods({ status }: KubeObject): Reason[] {
  const conditions = isFields(status) && Array.isArray(status.conditions) ? status.conditions.filter(isFields) : [];
  return conditions
    .filter(({ type, status }) => type === "ReplicaFailure" && status === "True")
    .map(({ message }) => ({
      short: "its pods are refused",
      text: `its pods cannot be made: ${String(message ?? "")}`,
      remedy: "See who refuses them: a webhook, a quota or a policy of the cluster.",
    }));
}

async function unreadyPods({ store }: KubeApi, { metadata, spec }: KubeObject): Promise<Pod[]> {
  const selector = isFields(spec) && isFields(spec.selector) ? spec.selector.matchLabels : undefined;
  if (!isFields(selector) || metadata.namespace === undefined) return [];
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(",");
  const pods = await listAll<Pod>(store, podKind.type, { namespace: metadata.namespace, labelSelector });
  const born = (pod: Pod): string => pod.metadata.creationTimestamp ?? "";
  return pods
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !isReady(status))
    .sort((a, b) => born(b).localeCompare(born(a)));
}

function isReady(status: Pod["status"]): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}

async function whyPod(api: KubeApi, pod: Pod): Promise<Reason[]> {
  const { status } = pod;
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    return [
      {
        short: "Unschedulable",
        text: `pod ${pod.metadata.name} finds no node: ${scheduled.message ?? scheduled.reason ?? ""}`,
        remedy: "Make room on a node, or ask for less: --set values.pilot.resources.requests.memory=512Mi",
      },
    ];
  }
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const ailing = (await Promise.all(containers.map((container) => whyContainer(api, pod, container)))).flat();
  if (ailing.length > 0) return ailing;
  const events = await warnings(api, pod);
  return events.map(({ reason = "", message = "" }) => ({
    text: `pod ${pod.metadata.name}: ${reason}: ${message.trim()}`,
    ...(reason === "FailedMount" && {
      remedy: "See that the volumes, Secrets and ConfigMaps that it names are there.",
    }),
  }));
}

async function whyContainer(api: KubeApi, pod: Pod, status: ContainerStatus): Promise<Reason[]> {
  const { name, state } = status;
  const waiting = state?.waiting;
  const ended = state?.terminated ?? status.lastState?.terminated;
  const where = `container ${name} of pod ${pod.metadata.name}`;
  const reason = waiting?.reason ?? "";
  if (/Image/.test(reason)) {
    const image = status.image || imageOf(pod, name);
    return [
      {
        short: reason,
        text: `${where}: image ${image} cannot be pulled: ${reason}: ${waiting?.message ?? ""}`.trimEnd(),
        remedy: "See that the image is there under this name, or name another place: --set hub=HUB --set tag=TAG",
      },
    ];
  }
  if (ended && ended.exitCode !== 0) {
    const log = await lastLines(api, pod, name, waiting !== undefined);
    const why = ended.reason === "OOMKilled" ? "was killed for want of memory" : `ended with status ${ended.exitCode}`;
    return [
      {
        short: reason || "it ended",
        text: `${where} ${why}${log === "" ? "" : `; its last words:\n${log}`}`,
        remedy:
          ended.reason === "OOMKilled"
            ? "Give it more memory: --set values.pilot.resources.limits.memory=1Gi"
            : `While an installation waits for it, its log tells more: kubectl logs -n ${pod.metadata.namespace} ${owner(pod)} -c ${name}`,
      },
    ];
  }
  if (reason === "" || reason === "ContainerCreating" || reason === "PodInitializing") return [];
  return [{ short: reason, text: `${where}: ${reason}: ${waiting?.message ?? ""}` }];
}

/** `deployment/istiod` of a pod `istiod-7d4-xyz`: the pod itself may be gone when somebody looks. */
function owner({ metadata: { name } }: Pod): string {
  return `deployment/${name.replace(/-[a-z0-9]+-[a-z0-9]+$/, "")}`;
}

function imageOf(pod: Pod, container: string): string {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return all.find(({ name }) => name === container)?.image ?? "";
}

/** The end of a container's log; "" when there is none. */
async function lastLines({ http }: KubeApi, pod: Pod, container: string, previous: boolean): Promise<string> {
  const query = { container, tailLines: LOG_LINES, ...(previous && { previous }) };
  const path = pathOf(podKind.type, pod.metadata.namespace, pod.metadata.name, query, "log");
  try {
    return (await readAll(await http.stream({ method: "GET", path }))).trimEnd();
  } catch {
    // Gone with its container: the rest is said anyhow.
    return "";
  }
}

/** What went wrong with a pod by its events: each kind once, the last one's words. */
async function warnings({ store }: KubeApi, { metadata }: Pod): Promise<Event[]> {
  const events = await listAll<Event>(store, eventKind.type, {
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    fieldSelector: `involvedObject.uid=${metadata.uid}`,
  });
  const last = new Map<string, Event>();
  const at = (event: Event): string => event.lastTimestamp ?? event.eventTime ?? "";
  for (const event of events.sort((a, b) => at(a).localeCompare(at(b)))) {
    if (event.type === "Warning") last.set(event.reason ?? "", event);
  }
  return [...last.values()];
}
