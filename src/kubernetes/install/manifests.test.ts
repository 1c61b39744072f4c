import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ConfigMap } from "../../kinds/core/config-map.ts";
import type { PolicyRule, Role } from "../../kinds/core/rbac.ts";
import type { MutatingWebhookConfiguration } from "../../kinds/core/webhook-configuration.ts";
import { schemaCheck } from "../../store/check/schema-check.ts";
import { unknownFields } from "../../store/check/unknown-fields.ts";
import type { KubeObject } from "../../store/object.ts";
import { version } from "../../version.ts";
import { manifestsOf } from "./manifests.ts";
import { kindOf } from "./patch.ts";
import { readInstallation } from "./read-installation.ts";
import { yamlOf } from "./yaml.ts";

const objectsOf = (...sets: string[]): KubeObject[] =>
  manifestsOf(readInstallation({ files: [], sets })).flatMap(({ objects }) => objects);

function named(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

/** An object as one of its kind. */
function typed<T>(object: KubeObject): T {
  return JSON.parse(JSON.stringify(object));
}

/** Without what other tests are about: the bodies of CRDs, Envoy's bootstrap; and without the version. */
function golden(objects: readonly KubeObject[]): string {
  const shown = objects.map((object) =>
    object.kind === "CustomResourceDefinition" ? { ...object, spec: "…" } : object,
  );
  return yamlOf(shown)
    .replaceAll(/'\{"node":.*\}'$/gm, "(bootstrap)")
    .replaceAll(version(), "VERSION");
}

describe("manifests are what their golden file says; UPDATE_GOLDEN=1 rewrites it", () => {
  for (const [name, ...sets] of [
    ["default"],
    ["demo", "profile=demo"],
    ["minimal", "profile=minimal"],
    ["canary", "profile=minimal", "revision=canary", "values.pilot.autoscaleMin=2", "values.revisionTags={prod}"],
  ] as const) {
    test(name, () => {
      const file = join(import.meta.dirname, `testdata/${name}.yaml`);
      const actual = golden(objectsOf(...sets));
      if (process.env.UPDATE_GOLDEN) writeFileSync(file, actual);
      assert.equal(actual, readFileSync(file, "utf8"));
    });
  }
});

test("every object is one that its kind knows, and is found again by its labels", () => {
  for (const object of objectsOf("profile=demo", "values.pilot.autoscaleMin=2", "values.pilot.autoscaleEnabled=true")) {
    const { apiVersion: _, kind, metadata, ...content } = object;
    const known = kindOf(object);
    assert.ok(known, kind);
    assert.deepEqual(
      [unknownFields(known.schema, content), schemaCheck(known.schema)(content)],
      [[], []],
      metadata.name,
    );
    assert.equal(metadata.labels?.["app.kubernetes.io/part-of"], "lateen", `${kind} ${metadata.name}`);
    assert.ok(metadata.labels?.["operator.istio.io/component"], `${kind} ${metadata.name}`);
    assert.equal(metadata.namespace !== undefined, known.type.namespaced, `${kind} ${metadata.name}`);
  }
});

test("what names another object names one that is there", () => {
  for (const sets of [[], ["revision=canary", "namespace=mesh"]]) {
    const objects = objectsOf(...sets);
    const text = JSON.stringify(objects);
    for (const [, kind = "", name = ""] of text.matchAll(/"kind":"(ClusterRole|Role)","name":"([^"]+)"/g)) {
      named(objects, kind, name);
    }
    for (const [, name = ""] of text.matchAll(/"serviceAccountName":"([^"]+)"/g))
      named(objects, "ServiceAccount", name);
    for (const [, name = ""] of text.matchAll(/"service":\{"name":"([^"]+)"/g)) named(objects, "Service", name);
    const deployment = named(objects, "Deployment", sets.length === 0 ? "istiod" : "istiod-canary");
    assert.equal(deployment.metadata.namespace, sets.length === 0 ? "istio-system" : "mesh");
  }
});

describe("what the control plane may do", () => {
  const rules = objectsOf().flatMap((object) => typed<Role>(object).rules ?? []);
  const writes = (rule: PolicyRule) => rule.verbs.some((verb) => !["get", "list", "watch"].includes(verb));

  test("it may write nothing by a wildcard", () => {
    for (const rule of rules.filter(writes)) {
      assert.ok(
        ![...(rule.resources ?? []), ...(rule.apiGroups ?? []), ...rule.verbs].includes("*"),
        JSON.stringify(rule),
      );
    }
  });

  test("it may change no Secret but those of its CA, no role, and not who has them", () => {
    const secrets = rules.filter(({ resources }) => resources?.includes("secrets"));
    assert.deepEqual(
      [...new Set(secrets.flatMap(({ verbs }) => verbs))].filter((verb) => !["get", "list", "watch"].includes(verb)),
      ["create", "update"],
    );
    const updated = secrets.filter(({ verbs }) => verbs.includes("update"));
    assert.deepEqual(
      [...new Set(updated.flatMap(({ resourceNames }) => resourceNames))],
      ["istio-ca-secret", "lateen-ca"],
    );
    assert.ok(!rules.some(({ apiGroups }) => apiGroups?.includes("rbac.authorization.k8s.io")));
  });
});

describe("injection cannot keep a cluster from working", () => {
  const hooks = (name: string, ...sets: string[]) =>
    typed<MutatingWebhookConfiguration>(named(objectsOf(...sets), "MutatingWebhookConfiguration", name)).webhooks ?? [];

  test("no webhook is asked about pods of kube-system, nor about our own", () => {
    const set = "values.sidecarInjectorWebhook.enableNamespacesByDefault=true";
    const all = hooks("istio-sidecar-injector", set);
    assert.deepEqual(
      all.map(({ name }) => name.replace(".sidecar-injector.istio.io", "")),
      ["rev.namespace", "rev.object", "namespace", "object", "auto"],
    );
    const ours = named(objectsOf(), "Deployment", "istiod");
    assert.match(JSON.stringify(ours.spec), /"sidecar.istio.io\/inject":"false"/);
    for (const { name, namespaceSelector, objectSelector } of all) {
      const spared = namespaceSelector?.matchExpressions?.find(({ key }) => key === "kubernetes.io/metadata.name");
      assert.equal(spared?.operator, "NotIn", name);
      assert.ok(spared?.values?.includes("kube-system"), name);
      const pods = objectSelector?.matchExpressions?.find(({ key }) => key === "sidecar.istio.io/inject");
      assert.ok(pods, name);
      assert.ok(
        (pods.operator === "NotIn" && pods.values?.includes("false")) ||
          (pods.operator === "In" && !pods.values?.includes("false")) ||
          pods.operator === "DoesNotExist",
        name,
      );
    }
  });

  test("a revision is only asked about those that name it", () => {
    assert.deepEqual(
      hooks("istio-sidecar-injector-canary", "revision=canary").map(({ name }) => name.split(".sidecar")[0]),
      ["rev.namespace", "rev.object"],
    );
  });

  test("validation lets everything pass until the control plane says that it answers", () => {
    const objects = objectsOf();
    for (const name of ["istio-validator-istio-system", "istiod-default-validator"]) {
      const text = JSON.stringify(named(objects, "ValidatingWebhookConfiguration", name));
      assert.match(text, /"failurePolicy":"Ignore"/);
      assert.doesNotMatch(text, /caBundle/);
    }
  });
});

test("settings of the mesh and of injection go into the ConfigMaps that the control plane follows", () => {
  const objects = objectsOf(
    "meshConfig.accessLogFile=/dev/stdout",
    "values.global.proxy.logLevel=debug",
    "values.global.meshID=m1",
  );
  assert.deepEqual(named(objects, "ConfigMap", "istio").data, {
    mesh: `rootNamespace: istio-system
trustDomain: cluster.local
defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
  meshId: m1
accessLogFile: /dev/stdout
`,
    meshNetworks: "networks: {}\n",
  });
  const { data } = typed<ConfigMap>(named(objects, "ConfigMap", "istio-sidecar-injector"));
  assert.equal(JSON.parse(data?.values ?? "").global.proxy.logLevel, "debug");
});

test("a gateway's resources are its own, not laid over the sidecars'", () => {
  const objects = objectsOf("profile=demo", "values.global.proxy.resources.limits.cpu=9");
  const { spec } = named(objects, "Deployment", "istio-ingressgateway");
  assert.match(JSON.stringify(spec), /"resources":\{"requests":\{"cpu":"10m","memory":"40Mi"\}\}/);
});

test("a gateway of one's own has its own name, labels and namespace", () => {
  const operator = {
    apiVersion: "install.istio.io/v1alpha1",
    kind: "IstioOperator",
    spec: {
      components: {
        ingressGateways: [{ name: "mine", namespace: "edge", label: { app: "mine", istio: "mine" }, enabled: true }],
      },
    },
  };
  const installation = readInstallation({ files: [{ name: "f", text: yamlOf([operator]) }], sets: [] });
  const objects = manifestsOf(installation).find(({ name }) => name === "IngressGateways")?.objects ?? [];
  assert.deepEqual(
    objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    [
      "ServiceAccount edge/mine-service-account",
      "Deployment edge/mine",
      "Service edge/mine",
      "HorizontalPodAutoscaler edge/mine",
    ],
  );
  assert.match(JSON.stringify(named(objects, "Service", "mine").spec), /"selector":\{"app":"mine","istio":"mine"\}/);
  assert.match(JSON.stringify(named(objects, "Deployment", "mine").spec), /istiod.istio-system.svc:15012/);
});
