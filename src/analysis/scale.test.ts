import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds } from "../kinds/registry.ts";
import type { KubeObject } from "../store/object.ts";
import { analyze } from "./analyze.ts";
import { createWorld } from "./world.ts";

/** Counts how often fields of the objects are read: whoever compares each with each does so quadratically often. */
function counted(objects: readonly KubeObject[]): { objects: KubeObject[]; looks: () => number } {
  let looks = 0;
  const watched = new WeakMap<object, object>();
  const inner = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const proxy = watched.get(value) ?? watch(value);
    watched.set(value, proxy);
    return proxy;
  };
  const watch = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, field) {
        looks++;
        return inner(Reflect.get(of, field));
      },
    });
  return { objects: objects.map(watch), looks: () => looks };
}

/** Each service with its pod, its VirtualService at a shared gateway, its DestinationRule, its Sidecar. */
function mesh(size: number): KubeObject[] {
  const metadata = (name: string, labels?: Record<string, string>) => ({
    name,
    namespace: "default",
    ...(labels && { labels }),
  });
  const istio = "networking.istio.io/v1";
  const each = (i: number): KubeObject[] => {
    const name = `svc-${i}`;
    const labels = { app: name, version: "v1", team: "shared" };
    const route = [{ destination: { host: name, subset: "v1" } }];
    // One in ten is misspelt: suggestions must not compare all names with all.
    const wrong = i % 10 === 0 ? [{ destination: { host: `svx-${i}` } }] : [];
    return [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: metadata(name),
        spec: { selector: { app: name, team: "shared" }, ports: [{ name: "http", port: 80 }] },
      },
      { apiVersion: "v1", kind: "Pod", metadata: metadata(`${name}-1`, labels), spec: { containers: [{ name: "a" }] } },
      {
        apiVersion: istio,
        kind: "VirtualService",
        metadata: metadata(name),
        spec: { hosts: [name], gateways: ["mesh", "edge"], http: [{ route: [...route, ...wrong] }] },
      },
      {
        apiVersion: istio,
        kind: "DestinationRule",
        metadata: metadata(name),
        spec: { host: name, subsets: [{ name: "v1", labels: { version: "v1" } }] },
      },
      {
        apiVersion: istio,
        kind: "Sidecar",
        metadata: metadata(name),
        spec: { workloadSelector: { labels: { app: name } }, egress: [{ hosts: ["./*"] }] },
      },
    ];
  };
  const edge = {
    apiVersion: istio,
    kind: "Gateway",
    metadata: metadata("edge"),
    spec: {
      selector: { app: "svc-1" },
      servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
    },
  };
  return [edge, ...Array.from({ length: size }, (_, i) => each(i)).flat()];
}

function work(size: number): { looks: number; messages: number } {
  const { objects, looks } = counted(mesh(size));
  const world = createWorld(
    objects.map((object) => ({ object })),
    kinds,
  );
  const { messages } = analyze(world);
  return { looks: looks(), messages: messages.length };
}

test("twice the services are twice the work: 1,000 and 2,000, each with its rules", () => {
  const [one, two] = [work(1000), work(2000)];
  assert.ok(one.messages > 100, `${one.messages} messages`);
  assert.ok(two.looks < one.looks * 2.2, `${one.looks} reads for 1,000 services, ${two.looks} for 2,000`);
});
