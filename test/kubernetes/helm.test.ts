/** The charts in the real helm's hands: for the same values they are the same objects as `lateen manifest generate`'s. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { manifestsOf } from "../../src/kubernetes/install/manifests.ts";
import { readInstallation } from "../../src/kubernetes/install/read-installation.ts";
import { yamlOf } from "../../src/kubernetes/install/yaml.ts";
import type { KubeObject } from "../../src/store/object.ts";
import { isFields } from "../../src/store/patch/json.ts";
import { ensureHelm } from "../support/helm.ts";

const CHARTS = join(import.meta.dirname, "../../charts");

/** By kind and name; what is null is not there, and documents within ConfigMaps are read. */
function byName(objects: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    objects.filter(isFields).map((object) => {
      const { kind, metadata } = object;
      const name = isFields(metadata) ? metadata.name : undefined;
      return [`${kind} ${name}`, plain(kind === "ConfigMap" ? withDocuments(object) : object)];
    }),
  );
}

function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain);
  if (!isFields(node)) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([name, value]) => (value === null ? [] : [[name, plain(value)]])),
  );
}

function withDocuments({ data, ...object }: Record<string, unknown>): unknown {
  return { ...object, data: Object.entries(Object(data)).map(([name, text]) => [name, parse(String(text))]) };
}

function generated(component: string, spec: object): KubeObject[] {
  const text = yamlOf([{ apiVersion: "install.istio.io/v1alpha1", kind: "IstioOperator", spec }]);
  const installation = readInstallation({ files: [{ name: "test", text }], sets: [] });
  return manifestsOf(installation).find(({ name }) => name === component)?.objects ?? [];
}

describe("charts and manifests say the same", { timeout: 900_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-helm-"));
  let helm = "";
  before(() => {
    helm = ensureHelm();
  });
  after(() => rmSync(folder, { recursive: true }));

  const templated = (release: string, chart: string, values: object): unknown[] => {
    const file = join(folder, "values.yaml");
    writeFileSync(file, yamlOf([values]));
    const args = [
      "template",
      release,
      join(CHARTS, chart),
      "-n",
      "istio-system",
      "-f",
      file,
      "--kube-version",
      "1.34.0",
    ];
    const text = execFileSync(helm, args, { encoding: "utf8", maxBuffer: 1 << 26 });
    return parseAllDocuments(text).map((document) => document.toJS());
  };

  test("base: the kinds, and validation for who names no revision", () => {
    assert.deepEqual(byName(templated("base", "base", {})), byName(generated("Base", {})));
    assert.deepEqual(
      byName(templated("base", "base", { base: { enableIstioConfigCRDs: false }, defaultRevision: "canary" })),
      byName(
        generated("Base", {
          revision: "x",
          values: { base: { enableIstioConfigCRDs: false }, defaultRevision: "canary" },
        }),
      ),
    );
  });

  const scheduled = {
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule" }],
    podAnnotations: { "example.com/a": "b" },
    env: { A: "b", NUMBER: 3 },
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
  };

  for (const [title, values] of Object.entries<Record<string, unknown>>({
    "as they are": {},
    "of another revision, with tags": { revision: "canary", revisionTags: ["prod", "default"] },
    "with all that can be said of the control plane": {
      global: {
        hub: "example.com/mesh",
        tag: "1.5",
        imagePullPolicy: "Always",
        imagePullSecrets: ["one", "two"],
        priorityClassName: "high",
        logging: { level: "default:debug" },
        meshID: "m",
        multiCluster: { clusterName: "c1" },
        proxy: { clusterDomain: "example.local", resources: { limits: { cpu: "2" } } },
      },
      pilot: {
        ...scheduled,
        hub: "other",
        autoscaleMin: 2,
        memory: { targetAverageUtilization: 70 },
        affinity: { podAntiAffinity: {} },
        topologySpreadConstraints: [{ maxSkew: 2, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
        serviceAnnotations: { s: "t" },
        serviceAccountAnnotations: { u: "v" },
        podLabels: { team: "a" },
        deploymentLabels: { team: "b" },
        volumes: [{ name: "v", emptyDir: {} }],
        volumeMounts: [{ name: "v", mountPath: "/v" }],
        envVarFrom: [{ name: "X", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
        ipFamilyPolicy: "PreferDualStack",
        ipFamilies: ["IPv4"],
        traceSampling: 12.5,
        rollingMaxSurge: 1,
      },
      sidecarInjectorWebhook: { enableNamespacesByDefault: true, reinvocationPolicy: "IfNeeded" },
      meshConfig: { accessLogFile: "/dev/stdout", defaultConfig: { concurrency: 2 }, trustDomain: "td" },
    },
    "of a fixed size, without validation": {
      pilot: { autoscaleEnabled: false, replicaCount: 2 },
      global: { configValidation: false },
    },
  })) {
    test(`istiod: ${title}`, () => {
      const { revision, ...others } = values;
      const spec = { ...(revision !== undefined && { revision }), values: others };
      assert.deepEqual(byName(templated("istiod", "istiod", values)), byName(generated("Pilot", spec)));
    });
  }

  test("gateway: as it is, and with all that can be said of it", () => {
    assert.deepEqual(
      byName(templated("istio-ingressgateway", "gateway", {})),
      byName(generated("IngressGateways", {})),
    );
    const { env, ...others } = scheduled;
    const service = {
      loadBalancerIP: "192.0.2.1",
      loadBalancerSourceRanges: ["10.0.0.0/8"],
      externalTrafficPolicy: "Local",
    };
    const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
    assert.deepEqual(
      byName(
        templated("x", "gateway", {
          ...scheduled,
          name: "mine",
          revision: "canary",
          labels: { istio: "mine" },
          service: { ...service, type: "NodePort", ports, annotations: { s: "t" } },
          serviceAccount: { annotations: { u: "v" } },
          autoscaling: { minReplicas: 2, targetMemoryUtilizationPercentage: 60 },
          imagePullPolicy: "Always",
          imagePullSecrets: ["one"],
          priorityClassName: "high",
          global: { tag: "t", multiCluster: { clusterName: "c1" }, proxy: { logLevel: "debug" } },
        }),
      ),
      byName(
        generated("IngressGateways", {
          revision: "canary",
          components: { ingressGateways: [{ name: "mine", enabled: true }] },
          values: {
            global: {
              tag: "t",
              imagePullPolicy: "Always",
              imagePullSecrets: ["one"],
              priorityClassName: "high",
              multiCluster: { clusterName: "c1" },
              proxy: { logLevel: "debug" },
            },
            gateways: {
              "istio-ingressgateway": {
                ...others,
                ...service,
                env,
                type: "NodePort",
                ports,
                labels: { app: null, istio: "mine" },
                serviceAnnotations: { s: "t" },
                serviceAccount: { annotations: { u: "v" } },
                autoscaleMin: 2,
                memory: { targetAverageUtilization: 60 },
              },
            },
          },
        }),
      ),
    );
  });
});
