/** The Node: what `kubectl get nodes` shows of this machine. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, hostname, release, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../store/error.ts";
import type { Store } from "../../store/store.ts";
import { NODE_IP, NODE_NAME, POD_CIDR } from "./addresses.ts";
import { packageVersion } from "./built-in-images.ts";
import { timestamp } from "./pod/records.ts";
import { NODES } from "./resources.ts";

const HEARTBEAT_MS = 5 * 60 * 1000;
const MOST_PODS = 1000;
const RETRY_MS = 1000;

/** Keeps the Node's status fresh until the signal aborts. */
export async function keepNode(store: Store, signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
  const since = timestamp();
  while (!signal.aborted) {
    let pause = HEARTBEAT_MS;
    try {
      await register(store);
      const status = nodeStatus(since);
      await store.patch(NODES, { name: NODE_NAME }, { type: "merge", body: { status } }, { subresource: "status" });
    } catch (error) {
      onError(error);
      pause = RETRY_MS;
    }
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function register(store: Store): Promise<void> {
  const labels = {
    "kubernetes.io/hostname": NODE_NAME,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture(),
    "node-role.kubernetes.io/control-plane": "",
  };
  await store
    .create(NODES, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: NODE_NAME, labels },
      spec: { podCIDR: POD_CIDR, podCIDRs: [POD_CIDR] },
    })
    .catch((error: unknown) => {
      if (!(error instanceof StoreError) || error.reason !== "AlreadyExists") throw error;
    });
}

function nodeStatus(since: string) {
  const resources = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(MOST_PODS),
  };
  const fine = (type: string, reason: string, message: string, status: "True" | "False") => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: since,
  });
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: "InternalIP", address: NODE_IP },
      { type: "Hostname", address: NODE_NAME },
    ],
    conditions: [
      fine("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available", "False"),
      fine("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", "False"),
      fine("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available", "False"),
      fine("Ready", "KubeletReady", "the node process runs", "True"),
    ],
    nodeInfo: {
      architecture: architecture(),
      operatingSystem: "linux",
      osImage: osImage(),
      kernelVersion: release(),
      kubeletVersion: `v1.34.0-lateen.${packageVersion()}`,
      kubeProxyVersion: "",
      containerRuntimeVersion: `lateen://${packageVersion()}`,
      machineID: hostname(),
      systemUUID: "",
      bootID: "",
    },
  };
}

function architecture(): string {
  return arch() === "x64" ? "amd64" : arch();
}

function osImage(): string {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}
