/**
 * The service that counts Global rate limits comes with the first of them: as a pod, like on a cluster, so that it goes on
 * counting while the control process is away. It stays, and counts in memory.
 */
import type { Graph } from "../engine/graph.ts";
import type { Input } from "../engine/input.ts";
import type { Kind } from "../kinds/kind.ts";
import type { RateLimit } from "../kinds/lateen/rate-limit-schema.ts";
import { kinds } from "../kinds/registry.ts";
import { limiterObjects } from "../kubernetes/install/limiter.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import type { KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";

export interface LimiterDeploymentOptions {
  store: Store;
  graph: Graph;
  rateLimits: Input<RateLimit>;
  onError(error: unknown): void;
}

export function deployLimiterWhenNeeded({ store, graph, rateLimits, onError }: LimiterDeploymentOptions): void {
  let asked = false;
  const look = (objects: Iterable<RateLimit | undefined>): void => {
    if (asked || ![...objects].some((object) => object?.spec.rules.some(({ scope }) => scope === "Global"))) return;
    asked = true;
    deploy(store).catch((error: unknown) => {
      asked = false;
      onError(error);
    });
  };
  look([...rateLimits.entries()].map(([, object]) => object));
  graph.onChange(rateLimits, (changes) => look([...changes.values()].map(({ after }) => after)));
}

async function deploy(store: Store): Promise<void> {
  const objects = limiterObjects({
    namespace: SYSTEM_NAMESPACE,
    revision: "default",
    labels: {},
    image: "lateen/pilot",
    imagePullPolicy: "",
    imagePullSecrets: [],
    priorityClassName: "",
    replicaCount: 1,
    resources: {},
    redis: { url: "", secretName: "" },
  });
  for (const object of objects) {
    const { namespace, name } = object.metadata;
    const at = namespace === undefined ? { name } : { namespace, name };
    const how = { fieldManager: "lateen", force: true };
    await store.patch(kindOf(object).type, at, { type: "apply", body: object }, how);
  }
}

function kindOf({ apiVersion, kind }: KubeObject): Kind {
  const [version, group = ""] = (apiVersion ?? "").split("/").reverse();
  const found = kinds.find(({ type }) => type.kind === kind && type.group === group && type.version === version);
  if (!found) throw new Error(`there is no kind ${apiVersion} ${kind}`);
  return found;
}
