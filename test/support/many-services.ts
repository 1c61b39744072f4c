import assert from "node:assert/strict";
import type { TestWorld } from "./world.ts";

/** kubectl holds itself back after a few hundred requests: several of them at once are done in a quarter of the time. */
const AT_ONCE = 4;

/** Creates Services `svc-FIRST` up to `svc-END` without it, port 80, all led to the pods labelled `app: backend`. */
export async function createServices(world: TestWorld, end: number, first = 0): Promise<void> {
  const part = Math.ceil((end - first) / AT_ONCE);
  const create = async (from: number): Promise<void> => {
    const numbers = Array.from({ length: Math.max(0, Math.min(part, end - from)) }, (_, i) => from + i);
    if (numbers.length === 0) return;
    const list = { apiVersion: "v1", kind: "List", items: numbers.map(service) };
    const { status, stderr } = await world.tryKubectl(["create", "-f", "-"], JSON.stringify(list));
    assert.equal(status, 0, stderr);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => create(first + i * part)));
}

function service(number: number): object {
  const ports = [{ name: "http", port: 80, targetPort: 9080 }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `svc-${number}` },
    spec: { selector: { app: "backend" }, ports },
  };
}

export interface DeploymentOptions {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** A Deployment of one pod that does nothing but let others exec `curl` in it. */
export function client(name: string, options: DeploymentOptions = {}): object {
  return deployment(name, { image: "curlimages/curl:8.16.0", command: ["sleep", "infinity"] }, options);
}

/** What all the services lead to: an application without a sidecar, so that no proxy but the clients' is looked at. */
export function backend(): object {
  const container = {
    image: "docker.io/istio/examples-bookinfo-details-v1:1.20.3",
    ports: [{ containerPort: 9080 }],
    readinessProbe: { httpGet: { path: "/health", port: 9080 }, periodSeconds: 1 },
  };
  return deployment("backend", container, { labels: { "sidecar.istio.io/inject": "false" } });
}

/** A Deployment of one pod with one container, `app`. */
export function deployment(name: string, container: object, { labels, annotations }: DeploymentOptions): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...labels }, ...(annotations && { annotations }) },
        spec: { containers: [{ name: "app", ...container }] },
      },
    },
  };
}
