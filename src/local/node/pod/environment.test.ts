import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import { environment } from "./environment.ts";
import type { Sources } from "./sources.ts";

const meta = { apiVersion: "v1", metadata: { namespace: "default", name: "x" } };
const sources: Sources = {
  configMap: (key) => (key === "default/settings" ? { ...meta, kind: "ConfigMap", data: { COLOR: "red" } } : undefined),
  secret: (key) => (key === "default/keys" ? { ...meta, kind: "Secret", data: { key: "c2VjcmV0" } } : undefined),
  services: () => [
    {
      ...meta,
      kind: "Service",
      metadata: { namespace: "default", name: "my-db" },
      spec: { clusterIP: "10.96.1.1", ports: [{ name: "sql", port: 5432 }] },
    },
  ],
};

function environmentOf(container: Omit<Container, "name">, spec: Partial<Pod["spec"]> = {}) {
  const full = { name: "app", ...container };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "reviews-1", labels: { app: "reviews" } },
    spec: { containers: [full], ...spec },
  };
  return environment({ pod, podIP: "10.244.0.7", container: full, image: { PATH: "/bin" }, sources });
}

test("values may use variables that come before them", () => {
  const found = environmentOf({
    env: [
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "URL", value: "http://$(POD_IP):$(MY_DB_SERVICE_PORT_SQL)/$(LATER)" },
      { name: "LATER", value: "x" },
    ],
  });
  assert.equal(found.get("URL"), "http://10.244.0.7:5432/$(LATER)");
});

test("ConfigMaps and Secrets come whole, with a prefix, or by key", () => {
  const found = environmentOf({
    envFrom: [{ prefix: "P_", configMapRef: { name: "settings" } }],
    env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "key" } } }],
  });
  assert.equal(found.get("P_COLOR"), "red");
  assert.equal(found.get("KEY"), "secret");
});

test("what is missing is named, unless it is optional", () => {
  const ref = (optional: boolean) => ({
    env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "SIZE", optional } } }],
  });
  assert.throws(() => environmentOf(ref(false)), /couldn't find key SIZE in ConfigMap default\/settings/);
  assert.equal(environmentOf(ref(true)).has("A"), false);
  assert.throws(() => environmentOf({ envFrom: [{ secretRef: { name: "none" } }] }), /secret "none" not found/);
});

test("Services are linked unless the pod declines, the API always", () => {
  assert.equal(environmentOf({}).get("MY_DB_SERVICE_HOST"), "10.96.1.1");
  const declined = environmentOf({}, { enableServiceLinks: false });
  assert.equal(declined.has("MY_DB_SERVICE_HOST"), false);
  assert.equal(declined.get("KUBERNETES_SERVICE_HOST"), "10.96.0.1");
});

test("labels and limits are offered by the downward API", () => {
  const found = environmentOf({
    resources: { limits: { memory: "64Mi", cpu: "500m" } },
    env: [
      { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
      { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
    ],
  });
  assert.deepEqual([found.get("APP"), found.get("MEMORY"), found.get("CPU")], ["reviews", "64", "1"]);
});
