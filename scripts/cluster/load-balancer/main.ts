/**
 * main.ts KUBECONFIG FIRST LAST: gives Services of type LoadBalancer addresses from FIRST to LAST, which the machine
 * routes to the node. That is all there is to do: kube-proxy answers there once the status says so.
 */
import { ClusterStore } from "../../../src/store/cluster/cluster-store.ts";
import { kubeconfigConnection } from "../../../src/store/cluster/kubeconfig.ts";
import { type KubeObject, keyOf, type ResourceType } from "../../../src/store/object.ts";
import { reflect } from "../../../src/store/reflector.ts";
import { assign, type Claim, range } from "./pool.ts";

interface Service extends KubeObject {
  spec?: { type?: string; loadBalancerIP?: string; loadBalancerClass?: string };
  status?: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

const SERVICES: ResourceType = { group: "", version: "v1", kind: "Service", plural: "services", namespaced: true };
const RETRY_MS = 1000;

const [kubeconfig = "", first = "", last = ""] = process.argv.slice(2);
const pool = range(first, last);
const store = new ClusterStore(await kubeconfigConnection(kubeconfig));
const services = new Map<string, Service>();
let busy = false;
let again = false;

await reflect<Service>(
  store,
  SERVICES,
  { longestRetryMs: RETRY_MS },
  {
    sync(objects) {
      for (const service of objects) services.set(keyOf(service), service);
      void balance();
    },
    change(deltas) {
      for (const { type, key, object } of deltas) {
        if (type === "delete") services.delete(key);
        else services.set(key, object);
      }
      void balance();
    },
    trouble: (error) => console.error(String(error)),
  },
  new AbortController().signal,
);

/** One round after the other: the next must see what this one gave. */
async function balance(): Promise<void> {
  again = true;
  if (busy) return;
  busy = true;
  while (again) {
    again = false;
    const ours = [...services.values()].filter(isOurs);
    for (const [key, ip] of assign(ours.map(claimOf), pool)) await give(key, ip);
  }
  busy = false;
}

async function give(key: string, ip: string): Promise<void> {
  const name = services.get(key)?.metadata;
  if (!name) return;
  try {
    const body = { status: { loadBalancer: { ingress: [{ ip }] } } };
    services.set(key, await store.patch<Service>(SERVICES, name, { type: "merge", body }, { subresource: "status" }));
    console.log(`${key} has ${ip}`);
  } catch (error) {
    console.error(`${key} does not get ${ip}: ${error}`);
    setTimeout(balance, RETRY_MS);
  }
}

function isOurs({ spec }: Service): boolean {
  return spec?.type === "LoadBalancer" && spec.loadBalancerClass === undefined;
}

function claimOf(service: Service): Claim {
  const address = service.status?.loadBalancer?.ingress?.[0]?.ip;
  return { key: keyOf(service), address, wanted: service.spec?.loadBalancerIP || undefined };
}
