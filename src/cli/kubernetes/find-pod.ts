import { LateenError } from "../../errors.ts";
import { podKind } from "../../kinds/core/pod.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import { type Cluster, namespaceOf, podName } from "../cluster.ts";
import { at, list, text } from "../json.ts";
import type { PodName } from "../port-forward.ts";
import { discover, findType } from "./discovery.ts";

const DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

/** A pod by its name, `pod/NAME`, or a running one of what selects pods: `deployment/NAME`, `service/NAME`. */
export async function findPod(cluster: Cluster, word: string, namespace: string): Promise<KubeObject> {
  const [kind, name] = word.includes("/") ? word.split("/", 2) : ["pod", word];
  const get = (type: ResourceType): Promise<KubeObject> =>
    cluster.store.get(type, { namespace, name: name ?? "" }).catch((error: unknown) => {
      if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
      const remedy = "See lateen get pods -A. What has pods can be named too: deployment/NAME, service/NAME.";
      throw new LateenError("LTN5020", `there is no ${kind} ${name} in namespace ${namespace}`, remedy);
    });
  if (kind === "pod" || kind === "pods" || kind === "po") return get(podKind.type);
  const type = findType(await discover(cluster.http), kind ?? "");
  const owner = await get(type);
  const selector = at(owner, "spec", "selector", "matchLabels") ?? at(owner, "spec", "selector");
  const labels = Object.entries(Object(selector)).map(([key, value]) => `${key}=${String(value)}`);
  const pods =
    labels.length === 0
      ? []
      : (await cluster.store.list(podKind.type, { namespace, labelSelector: labels.join(",") })).items;
  const found = pods.find((pod) => at(pod, "status", "phase") === "Running") ?? pods[0];
  if (found) return found;
  throw new LateenError("LTN5020", `${word} has no pods in namespace ${namespace}`, "See lateen get pods -A.");
}

/** The pod whose proxy is meant, as istioctl has it: `POD`, `POD.NAMESPACE`, `TYPE/NAME`, `TYPE/NAME.NAMESPACE`. */
export async function findProxyPod(cluster: Cluster, word: string, namespace?: string): Promise<PodName> {
  const named = podName(word, namespaceOf({ ...(namespace !== undefined && { namespace }) }, cluster.connection));
  const { metadata } = await findPod(cluster, named.name, named.namespace);
  return { name: metadata.name, namespace: named.namespace };
}

/** The container that is meant when none is named; says so on standard error when there are others. */
export function containerOf(pod: KubeObject, asked: string | undefined): string {
  if (asked !== undefined) return asked;
  const names = list(at(pod, "spec", "containers")).map((container) => text(at(container, "name")));
  const chosen = pod.metadata.annotations?.[DEFAULT_CONTAINER] ?? names[0] ?? "";
  if (names.length > 1) console.error(`Container ${chosen} of ${names.join(", ")}; -c names another.`);
  return chosen;
}
