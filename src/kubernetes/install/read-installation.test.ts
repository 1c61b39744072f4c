import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { KubeObject } from "../../store/object.ts";
import { version } from "../../version.ts";
import { manifestsOf } from "./manifests.ts";
import { type InstallationRequest, readInstallation, readOperatorOf } from "./read-installation.ts";
import { yamlOf } from "./yaml.ts";

const SAMPLES = join(import.meta.dirname, "../../../samples/bookinfo");

function request(spec: object | undefined, ...sets: string[]): InstallationRequest {
  const operator = { apiVersion: "install.istio.io/v1alpha1", kind: "IstioOperator", spec };
  return { files: spec ? [{ name: "mine.yaml", text: yamlOf([operator]) }] : [], sets };
}

const read = (spec: object | undefined, ...sets: string[]) => readInstallation(request(spec, ...sets));

function objects(spec: object | undefined, ...sets: string[]): KubeObject[] {
  return manifestsOf(read(spec, ...sets)).flatMap((component) => component.objects);
}

function named(all: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = all.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

const components = (spec: object | undefined, ...sets: string[]) =>
  manifestsOf(read(spec, ...sets)).map(({ name }) => name);

test("profiles have the components that they have in Istio", () => {
  assert.deepEqual(components(undefined), ["Base", "Pilot", "IngressGateways"]);
  assert.deepEqual(components(undefined, "profile=demo"), ["Base", "Pilot", "IngressGateways", "EgressGateways"]);
  assert.deepEqual(components({ profile: "minimal" }), ["Base", "Pilot"]);
  assert.deepEqual(components({ profile: "empty" }), []);
});

test("the walk's files are understood: demo without gateways, and with", () => {
  const sample = (name: string) => {
    const files = [{ name, text: readFileSync(join(SAMPLES, name), "utf8") }];
    return manifestsOf(readInstallation({ files, sets: [] })).map((component) => component.name);
  };
  assert.deepEqual(sample("demo-profile-no-gateways.yaml"), ["Base", "Pilot"]);
  assert.deepEqual(sample("demo-profile-with-gateways.yaml"), ["Base", "Pilot", "IngressGateways", "EgressGateways"]);
});

describe("what wins", () => {
  test("later files over earlier ones, flags over files, values over the top of the spec", () => {
    const file = (name: string, spec: object) => ({
      name,
      text: yamlOf([{ apiVersion: "install.istio.io/v1alpha1", kind: "IstioOperator", spec }]),
    });
    const files = [
      file("a", { hub: "one", tag: 1.25, meshConfig: { accessLogFile: "/a", trustDomain: "td" } }),
      file("b", { hub: "two", meshConfig: { accessLogFile: "/b" }, values: { global: { tag: "v3" } } }),
    ];
    const { hub, tag, meshConfig } = readInstallation({ files, sets: ["meshConfig.accessLogFile=/c"] });
    assert.deepEqual(
      { hub, tag, meshConfig },
      { hub: "two", tag: "v3", meshConfig: { accessLogFile: "/c", trustDomain: "td" } },
    );
  });

  test("--revision over all, and it names everything that a revision has of its own", () => {
    const installation = readInstallation({ ...request({ revision: "old" }, "revision=older"), revision: "canary" });
    assert.equal(installation.revision, "canary");
    const names = manifestsOf(installation)
      .flatMap((component) => component.objects)
      .filter(({ metadata }) => metadata.labels?.["istio.io/rev"] === "canary")
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    for (const name of [
      "Deployment/istiod-canary",
      "Service/istiod-canary",
      "ServiceAccount/istiod-canary",
      "ConfigMap/istio-canary",
      "ConfigMap/istio-sidecar-injector-canary",
      "MutatingWebhookConfiguration/istio-sidecar-injector-canary",
      "ValidatingWebhookConfiguration/istio-validator-canary-istio-system",
    ]) {
      assert.ok(names.includes(name), name);
    }
  });

  test("lists are replaced as a whole, and null takes a default away", () => {
    const { components } = read({ components: { ingressGateways: [{ name: "mine", enabled: true }] } });
    assert.deepEqual(components.ingressGateways, [{ name: "mine", enabled: true }]);
    const { values } = read({ values: { gateways: { "istio-ingressgateway": { resources: { limits: null } } } } });
    assert.equal(values.gateways["istio-ingressgateway"].resources.limits, undefined);
  });
});

describe("--set", () => {
  test("reaches into lists by index and by name", () => {
    const byIndex = read(undefined, "components.ingressGateways[0].k8s.replicaCount=3");
    assert.equal(byIndex.components.ingressGateways[0]?.k8s?.replicaCount, 3);
    const byName = read(undefined, "spec.components.egressGateways.[name:istio-egressgateway].enabled=true");
    assert.equal(byName.components.egressGateways[0]?.enabled, true);
  });

  test("reads values as what they are, but keeps text that looks like a number", () => {
    const { values, tag } = read(
      undefined,
      "tag=1.10",
      "values.pilot.replicaCount=2",
      "values.global.imagePullSecrets={one,two}",
      "values.pilot.env.PORT=15",
      "values.pilot.podAnnotations.example\\.com/a=true",
    );
    assert.equal(tag, "1.10");
    assert.equal(values.pilot.replicaCount, 2);
    assert.deepEqual(values.global.imagePullSecrets, ["one", "two"]);
    assert.deepEqual(values.pilot.env, { PORT: "15" });
    assert.deepEqual(values.pilot.podAnnotations, { "example.com/a": "true" });
  });

  test("says which path leads nowhere", () => {
    const fails = (set: string, message: RegExp) => assert.throws(() => read(undefined, set), { message });
    fails("profile", /not of the form PATH=VALUE/);
    fails("components.ingressGateways[7].enabled=true", /--set components.*: \[7\] is too far: the list has 1 items/);
    fails("components.ingressGateways[name:x].enabled=true", /there is no item \[name:x\]/);
    fails("hub.name=x", /name is below something that has no fields/);
    fails("profile=dmo", /there is no profile "dmo"/);
  });
});

describe("fields that cannot be meant", () => {
  const fails = (spec: object, message: RegExp, code = "LTN5304") => assert.throws(() => read(spec), { code, message });

  test("misspelt ones come with what was meant, all at once, with their file", () => {
    fails(
      { componets: {}, values: { global: { prxy: {} } } },
      /^mine\.yaml: spec\.componets: there is no such field; did you mean "components"\?\n {2}spec\.values\.global\.prxy.*"proxy"\?$/,
    );
  });

  test("what would install something else is refused with the reason", () => {
    fails({ components: { cni: { enabled: true } } }, /spec\.components\.cni: Lateen does without: .*no CNI plugin/);
    fails({ values: { global: { externalIstiod: true } } }, /spec\.values\.global\.externalIstiod/);
    fails({ values: { gateways: { "istio-ingressgateway": { runAsRoot: true } } } }, /istio-ingressgateway\.runAsRoot/);
  });

  test("what changes nothing here is noted, and asking for nothing is no request", () => {
    const { warnings } = read({
      values: { global: { logAsJson: true, sts: { servicePort: 0 } } },
      components: { cni: { enabled: false } },
    });
    assert.deepEqual(
      warnings.map(({ field }) => field),
      ["spec.values.global.logAsJson"],
    );
  });

  test("what of meshConfig nothing goes by is noted, what nobody knows refused", () => {
    const { warnings } = read({
      meshConfig: { accessLogFile: "/dev/stdout", enableTracing: true, defaultConfig: { tracing: {} } },
    });
    assert.deepEqual(
      warnings.map(({ field }) => field),
      ["spec.meshConfig.enableTracing", "spec.meshConfig.defaultConfig.tracing"],
    );
    fails({ meshConfig: { acessLogFile: "" } }, /spec\.meshConfig\.acessLogFile.*"accessLogFile"/);
    fails({ meshConfig: { defaultConfig: { concurrency: "two" } } }, /spec\.meshConfig\.defaultConfig: /, "LTN5306");
  });

  test("wrong types name the field", () => {
    fails({ components: { pilot: { enabled: "yes" } } }, /^spec\.components\.pilot\.enabled: .*boolean/, "LTN5306");
    fails(
      { values: { gateways: { "istio-ingressgateway": { type: "Loadbalancer" } } } },
      /supported values: "LoadBalancer"/,
      "LTN5306",
    );
  });

  test("names that Kubernetes would refuse are refused first", () => {
    fails({ revision: "1.25" }, /"1.25" cannot be revision/, "LTN5307");
    fails({ components: { ingressGateways: [{ name: "My_gateway" }] } }, /"My_gateway"/, "LTN5307");
  });

  test("files that are no IstioOperator say what they are", () => {
    const from = (text: string) => () => readInstallation({ files: [{ name: "x.yaml", text }], sets: [] });
    assert.throws(from("kind: ConfigMap\napiVersion: v1\n"), {
      code: "LTN5303",
      message: "x.yaml: its apiVersion is v1",
    });
    assert.throws(from(""), { message: "x.yaml: it is empty" });
    assert.throws(from("a: [\n"), { message: /x.yaml: it is not YAML/ });
    const one = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n";
    assert.throws(from(`${one}---\n${one}`), { message: "x.yaml: it holds several objects" });
    assert.equal(from(one)().profile, "default");
  });
});

describe("components.*.k8s", () => {
  const ingress = (k8s: object) => ({ components: { ingressGateways: [{ name: "istio-ingressgateway", k8s }] } });

  test("changes what it is about, and leaves the rest", () => {
    const all = objects({
      components: {
        pilot: {
          k8s: {
            env: [{ name: "A", value: "b" }],
            resources: { requests: { cpu: "1" } },
            replicaCount: 2,
            nodeSelector: { disk: "ssd" },
            podDisruptionBudget: { maxUnavailable: 1 },
            hpaSpec: { minReplicas: 2 },
            serviceAnnotations: { a: "b" },
          },
        },
      },
    });
    const deployment = JSON.stringify(named(all, "Deployment", "istiod").spec);
    assert.match(deployment, /"name":"A","value":"b"/);
    assert.match(deployment, /"name":"REVISION"/);
    assert.match(deployment, /"cpu":"1"/);
    assert.match(deployment, /"memory":"256Mi"/);
    assert.match(deployment, /"nodeSelector":\{"disk":"ssd"\}/);
    assert.deepEqual(named(all, "PodDisruptionBudget", "istiod").spec, {
      selector: { matchLabels: { app: "istiod", istio: "pilot" } },
      maxUnavailable: 1,
    });
    assert.match(JSON.stringify(named(all, "HorizontalPodAutoscaler", "istiod").spec), /"minReplicas":2/);
    assert.deepEqual(named(all, "Service", "istiod").metadata.annotations, { a: "b" });
  });

  test("a gateway's ports are those that are given, and no others", () => {
    const ports = [{ name: "http", port: 80, targetPort: 8080 }];
    const service = named(
      objects(ingress({ service: { type: "NodePort", ports } })),
      "Service",
      "istio-ingressgateway",
    );
    assert.match(JSON.stringify(service.spec), /"type":"NodePort"/);
    assert.deepEqual(Reflect.get(Object(service.spec), "ports"), ports);
  });

  test("overlays set and remove by path", () => {
    const overlay = (path: string, value?: unknown) => ({
      components: {
        pilot: { k8s: { overlays: [{ kind: "Deployment", name: "istiod", patches: [{ path, value }] }] } },
      },
    });
    const spec = (path: string, value?: unknown) =>
      JSON.stringify(named(objects(overlay(path, value)), "Deployment", "istiod").spec);
    const container = "spec.template.spec.containers.[name:discovery]";
    assert.match(spec(`${container}.args[1]`, "--other"), /"args":\["discovery","--other"/);
    assert.doesNotMatch(spec(`${container}.env.[name:CLUSTER_ID]`), /CLUSTER_ID/);
    assert.throws(() => spec("spec.template.spec.containers.[name:other].args", []), {
      code: "LTN5308",
      message: /spec\.components\.pilot\.k8s\.overlays\[0\]\.patches\[0\]: .*there is no item \[name:other\]/,
    });
  });

  test("what Kubernetes would refuse is told with the field that it comes from", () => {
    assert.throws(() => objects(ingress({ service: { tpye: "NodePort" } })), {
      code: "LTN5309",
      message:
        'spec.components.ingressGateways[0].k8s makes Service istio-ingressgateway wrong: spec.tpye: there is no such field; did you mean "type"?',
    });
  });
});

test("what is allowed but cannot do what it seems to is told", () => {
  const { warnings } = read({
    values: { pilot: { replicaCount: 2 } },
    components: {
      pilot: { k8s: { replicaCount: 2 } },
      ingressGateways: [
        { name: "istio-ingressgateway" },
        { name: "second" },
        { name: "third", label: { istio: "third" } },
        { name: "fourth", namespace: "other" },
      ],
    },
  });
  assert.deepEqual(
    warnings.map(({ field, message }) => `${field} ${message}`),
    [
      "spec.values.pilot.replicaCount has no effect: with values.pilot.autoscaleEnabled the load decides, from autoscaleMin to autoscaleMax",
      "spec.components.pilot.k8s.replicaCount is only a start: with values.pilot.autoscaleEnabled the load decides, from autoscaleMin to autoscaleMax",
      "spec.components.ingressGateways[1].label is needed: without it second has the labels of istio-ingressgateway, and its requests",
    ],
  );
});

test("a dumped profile installs the same", () => {
  for (const [spec, ...sets] of [
    [undefined],
    [undefined, "profile=demo"],
    [{ profile: "demo", revision: "canary", namespace: "mesh", hub: "h", values: { pilot: { traceSampling: 3 } } }],
    [
      {
        values: { gateways: { "istio-ingressgateway": { resources: { limits: null } } } },
        meshConfig: { trustDomain: "x" },
      },
    ],
  ] as const) {
    const dumped = { name: "dump", text: yamlOf([readOperatorOf(request(spec, ...sets))]) };
    assert.deepEqual(readInstallation({ files: [dumped], sets: [] }), read(spec, ...sets));
  }
});

test("images are of the hub and tag that are named, by default ours of this version", () => {
  const image = (...sets: string[]) =>
    /"image":"([^"]+)"/.exec(JSON.stringify(named(objects(undefined, ...sets), "Deployment", "istiod").spec))?.[1];
  assert.equal(image(), `docker.io/lateen/pilot:${version()}`);
  assert.equal(image("hub=example.com/mesh", "tag=1.0"), "example.com/mesh/pilot:1.0");
  assert.equal(image("components.pilot.hub=own"), `own/pilot:${version()}`);
  assert.equal(image("values.pilot.image=example.com/control:7"), "example.com/control:7");
});
