/** All pods of this node: a worker for each, begun when the API has it and ended when the API no longer does. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "../../../kinds/core/pod.ts";
import { StoreError } from "../../../store/error.ts";
import type { Store } from "../../../store/store.ts";
import { NODE_NAME } from "../addresses.ts";
import type { Events } from "../api/events.ts";
import type { Ipam } from "../network/ipam.ts";
import { PODS } from "../resources.ts";
import { readJson, remove } from "../system/files.ts";
import { isProcessRef } from "../system/process-file.ts";
import type { ProcessRef } from "../system/processes.ts";
import type { NodeServices } from "./context.ts";
import { stopSandbox } from "./sandbox.ts";
import { PodWorker } from "./worker.ts";

export interface PodsOptions {
  store: Store;
  node: NodeServices;
  events: Events;
  schedulerEvents: Events;
  ipam: Ipam;
  nodeNetwork: ProcessRef;
  freshNetwork: boolean;
  /** Holds a folder per pod uid. */
  folder: string;
}

export class Pods {
  readonly #options: PodsOptions;
  readonly #workers = new Map<string, PodWorker>();

  constructor(options: PodsOptions) {
    this.#options = options;
  }

  find(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod;
      if (metadata.namespace === namespace && metadata.name === name) return worker;
    }
    return undefined;
  }

  /** Pods that changed; `undefined` for one that is gone. */
  update(changed: Iterable<readonly [key: string, pod: Pod | undefined]>): void {
    for (const [key, pod] of changed) {
      const [namespace = "", name = ""] = key.split("/");
      const former = this.find(namespace, name);
      // The name may by now be another pod's.
      if (former && former.uid !== pod?.metadata.uid) this.#drop(former);
      if (!pod) continue;
      if (pod.spec.nodeName === undefined) void this.#bind(pod);
      else if (pod.spec.nodeName === NODE_NAME) this.#take(pod);
    }
  }

  /** Ends what a former node process left of pods that are no longer in the API. */
  async clearForgotten(): Promise<void> {
    const { folder, ipam, nodeNetwork } = this.#options;
    for (const uid of readdirSync(folder)) {
      if (this.#workers.has(uid)) continue;
      const state = readJson(join(folder, uid, "state.json"));
      if (typeof state === "object" && state !== null && "sandbox" in state && isProcessRef(state.sandbox)) {
        await stopSandbox(state.sandbox, nodeNetwork, ipam.addressOf(uid));
      }
      ipam.release(uid);
      remove(join(folder, uid));
    }
    for (const uid of ipam.owners()) if (!this.#workers.has(uid)) ipam.release(uid);
  }

  /** Volumes and tokens of all pods, or of one namespace's. */
  refresh(namespace?: string): void {
    for (const worker of this.#workers.values()) {
      if (namespace === undefined || worker.pod.metadata.namespace === namespace) void worker.refresh();
    }
  }

  #take(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const worker = this.#workers.get(uid);
    if (worker) {
      worker.update(pod);
      return;
    }
    const { folder, ...options } = this.#options;
    const made = new PodWorker({ ...options, pod, folder: join(folder, uid) });
    this.#workers.set(uid, made);
    made.start();
  }

  #drop(worker: PodWorker): void {
    this.#workers.delete(worker.uid);
    worker.kill().catch((error: unknown) => this.#options.node.onError(error));
  }

  /** There is one node, so scheduling is to say so. */
  async #bind(pod: Pod): Promise<void> {
    const { store, schedulerEvents: events, node } = this.#options;
    const { namespace = "default", name, uid = "", deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined || (pod.spec.schedulingGates?.length ?? 0) > 0) return;
    const subject = { apiVersion: "v1", kind: "Pod", namespace, name, uid };
    if (!fits(pod)) {
      const why = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
      events.record(subject, "Warning", "FailedScheduling", why);
      return;
    }
    try {
      await store.patch(
        PODS,
        { namespace, name },
        { type: "merge", body: { metadata: { uid }, spec: { nodeName: NODE_NAME } } },
      );
      events.record(subject, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`);
    } catch (error) {
      if (error instanceof StoreError && (error.reason === "NotFound" || error.reason === "Conflict")) return;
      node.onError(error);
      setTimeout(() => this.update([[`${namespace}/${name}`, pod]]), 1000).unref();
    }
  }
}

/** Selectors that name the node by its labels may hold; any other label is not this node's. */
function fits({ spec }: Pod): boolean {
  const labels: Readonly<Record<string, string>> = {
    "kubernetes.io/hostname": NODE_NAME,
    "kubernetes.io/os": "linux",
  };
  return Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => (labels[key] ?? value) === value);
}
