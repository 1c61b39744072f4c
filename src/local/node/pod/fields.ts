/** Fields of a pod that its containers may ask for: the downward API. */
import { availableParallelism, totalmem } from "node:os";
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { NODE_IP, NODE_NAME } from "../addresses.ts";
import { parseQuantity } from "./quantity.ts";

/** Of `metadata.labels['app']` and the like; undefined for a field that is not offered. */
export function podField(pod: Pod, podIP: string, fieldPath: string): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed) return metadata[keyed[1] === "labels" ? "labels" : "annotations"]?.[keyed[2] ?? ""] ?? "";
  switch (fieldPath) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "metadata.labels":
      return lines(metadata.labels);
    case "metadata.annotations":
      return lines(metadata.annotations);
    case "spec.nodeName":
      return NODE_NAME;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "default";
    case "status.podIP":
    case "status.podIPs":
      return podIP;
    case "status.hostIP":
    case "status.hostIPs":
      return NODE_IP;
    default:
      return undefined;
  }
}

function lines(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}

export interface ResourceField {
  resource: string;
  containerName?: string;
  divisor?: string | number;
}

/** A limit that is not set is what the machine has, as on a cluster's node. */
export function resourceField(pod: Pod, own: Container | undefined, field: ResourceField): string | undefined {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const container = field.containerName ? all.find(({ name }) => name === field.containerName) : own;
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage)$/.exec(field.resource);
  if (!container || !match) return undefined;
  const [, side, name = ""] = match;
  const { limits, requests } = container.resources ?? {};
  const machine: Readonly<Record<string, number>> = { cpu: availableParallelism(), memory: totalmem() };
  const set = side === "limits" ? limits?.[name] : (requests?.[name] ?? limits?.[name] ?? 0);
  const value = set === undefined ? (machine[name] ?? 0) : parseQuantity(set);
  const divisor = parseQuantity(field.divisor ?? 1) || 1;
  return String(Math.ceil(value / divisor));
}
