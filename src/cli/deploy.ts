import { setTimeout as sleep } from "node:timers/promises";
import { LateenError } from "../errors.ts";
import { deploymentKind } from "../kinds/core/deployment.ts";
import { namespaceKind } from "../kinds/core/namespace.ts";
import { gatewayApiKinds } from "../kinds/gateway-api/index.ts";
import { kinds } from "../kinds/registry.ts";
import { ClusterStore } from "../store/cluster/cluster-store.ts";
import { kubeconfigConnection } from "../store/cluster/kubeconfig.ts";
import { apiVersionOf, type KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";
import { applyObject } from "./kubernetes/apply-objects.ts";
import { parseManifests } from "./kubernetes/manifests.ts";

const NAMESPACE = "default";
const PATIENCE_MS = 120_000;

interface WithConditions extends KubeObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

/** Applies YAML to namespace default with injection on, and waits until its Deployments and Gateways are there. */
export async function deploy(kubeconfig: string, texts: readonly string[], say: (line: string) => void): Promise<void> {
  const store = new ClusterStore(await kubeconfigConnection(kubeconfig));
  try {
    const body = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE, labels: { "istio-injection": "enabled" } },
    };
    await store.patch(namespaceKind.type, { name: NAMESPACE }, { type: "merge", body });
    const found = texts.flatMap((text) => parseManifests("Bookinfo", text).manifests);
    for (const { object } of found) await apply(store, object);
    say("Bookinfo applied; waiting for its pods …");
    await until(() => allTrue(store, deploymentKind.type, "Available"));
    const gateway = gatewayApiKinds.find(({ type }) => type.kind === "Gateway");
    if (gateway) await until(() => allTrue(store, gateway.type, "Programmed"));
  } finally {
    store.close();
  }
}

async function apply(store: Store, object: KubeObject): Promise<void> {
  const kind = kinds.find(({ type }) => type.kind === object.kind && apiVersionOf(type) === object.apiVersion);
  if (!kind) throw new Error(`there is no kind ${object.apiVersion} ${object.kind}`);
  const name = { namespace: NAMESPACE, name: object.metadata.name };
  await applyObject(store, kind.type, name, object, { force: true });
}

/** What is still missing: names of objects whose condition is not true. */
async function allTrue(store: Store, type: (typeof deploymentKind)["type"], condition: string): Promise<string[]> {
  const { items } = await store.list<WithConditions>(type, { namespace: NAMESPACE });
  return items
    .filter(({ status }) => !status?.conditions?.some((each) => each.type === condition && each.status === "True"))
    .map(({ metadata }) => `${type.kind} ${metadata.name}`);
}

async function until(missing: () => Promise<string[]>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    if (Date.now() > end) {
      throw new LateenError(
        "LTN5005",
        `not ready in time: ${left.join(", ")}`,
        "lateen get events -A says what they wait for.",
      );
    }
    await sleep(100);
  }
}
