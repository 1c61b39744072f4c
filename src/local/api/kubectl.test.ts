import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startTestWorld, type TestWorld } from "./testing.ts";

let world: TestWorld;
before(async () => {
  world = await startTestWorld();
});
after(() => world.close());

const reviews = (replicas = 2): string => `
apiVersion: v1
kind: Service
metadata: {name: reviews, labels: {app: reviews}}
spec:
  selector: {app: reviews}
  ports: [{port: 9080, name: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reviews-v1, labels: {app: reviews, version: v1}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: reviews, version: v1}}
  template:
    metadata: {labels: {app: reviews, version: v1}}
    spec:
      containers:
      - name: reviews
        image: docker.io/istio/examples-bookinfo-reviews-v1:1.20.3
        ports: [{containerPort: 9080}]
        env: [{name: LOG_DIR, value: /tmp/logs}]
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
`;

/** Columns of a table, by the words of its header. */
function table(text: string): Record<string, string>[] {
  const [header = "", ...rows] = text.trimEnd().split("\n");
  const starts = [...header.matchAll(/\S+( \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  return rows.map((row) =>
    Object.fromEntries(starts.map(({ name, at }, i) => [name, row.slice(at, starts[i + 1]?.at).trim()])),
  );
}

describe("apply and its like", () => {
  test("what is applied is created, unchanged, configured, and deleted", async () => {
    assert.match(
      await world.ok("apply -f -", reviews()),
      /service\/reviews created\ndeployment.apps\/reviews-v1 created/,
    );
    assert.match(await world.ok("apply -f -", reviews()), /reviews unchanged\ndeployment.apps\/reviews-v1 unchanged/);
    assert.match(await world.ok("apply -f -", reviews(3)), /reviews unchanged\ndeployment.apps\/reviews-v1 configured/);
    assert.equal(await world.ok("get deploy reviews-v1 -o jsonpath={.spec.replicas}"), "3");
    assert.match(
      await world.ok("delete -f -", reviews()),
      /service "reviews" deleted\ndeployment.apps "reviews-v1" deleted/,
    );
    assert.match(
      (await world.kubectl("get deploy reviews-v1")).stderr,
      /Error from server \(NotFound\): deployments.apps "reviews-v1" not found/,
    );
  });

  test("server-side apply tells of conflicts and can be forced", async () => {
    assert.match(await world.ok("apply --server-side -f -", reviews()), /reviews-v1 serverside-applied/);
    const other = await world.kubectl("apply --server-side --field-manager=other -f -", reviews(5));
    assert.equal(other.code, 1);
    assert.match(other.stderr, /Apply failed with 1 conflict: conflict with "kubectl"[\s\S]*\.spec\.replicas/);
    assert.match(
      await world.ok("apply --server-side --field-manager=other --force-conflicts -f -", reviews(5)),
      /serverside-applied/,
    );
    assert.equal(await world.ok("get deploy reviews-v1 -o jsonpath={.spec.replicas}"), "5");
    await world.ok("delete -f -", reviews());
  });

  test("diff shows what apply would change, and changes nothing", async () => {
    await world.ok("apply -f -", reviews());
    const diff = await world.kubectl("diff -f -", reviews(7));
    assert.equal(diff.code, 1);
    assert.match(diff.stdout, /^-\s+replicas: 2\n\+\s+replicas: 7$/m);
    assert.equal(await world.ok("get deploy reviews-v1 -o jsonpath={.spec.replicas}"), "2");
    await world.ok("delete -f -", reviews());
  });

  test("the commands that change one thing change that", async () => {
    await world.ok("apply -f -", reviews());
    assert.match(await world.ok("scale deploy reviews-v1 --replicas=4"), /scaled/);
    assert.match(await world.ok("scale deploy reviews-v1 --current-replicas=4 --replicas=5"), /scaled/);
    assert.match(await world.ok("set image deploy/reviews-v1 reviews=other:2"), /image updated/);
    assert.match(await world.ok("set env deploy/reviews-v1 A=b"), /env updated/);
    assert.match(await world.ok("rollout restart deploy reviews-v1"), /restarted/);
    assert.match(await world.ok("label deploy reviews-v1 tier=mid"), /labeled/);
    assert.match(await world.ok("annotate deploy reviews-v1 note=x"), /annotated/);
    assert.match(
      await world.ok(
        `patch deploy reviews-v1 --type=json -p '[{"op":"add","path":"/spec/minReadySeconds","value":3}]'`,
      ),
      /patched/,
    );
    assert.match(await world.ok(`patch deploy reviews-v1 --type=merge -p '{"spec":{"paused":true}}'`), /patched/);
    const { metadata, spec } = JSON.parse(await world.ok("get deploy reviews-v1 -o json"));
    const [container] = spec.template.spec.containers;
    assert.deepEqual(
      [spec.replicas, spec.minReadySeconds, spec.paused, metadata.labels.tier, metadata.annotations.note],
      [5, 3, true, "mid", "x"],
    );
    assert.equal(container.image, "other:2");
    // The strategic merge keeps what the patch does not name, and replaces by name.
    assert.deepEqual(container.env, [
      { name: "LOG_DIR", value: "/tmp/logs" },
      { name: "A", value: "b" },
    ]);
    assert.ok(spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]);
    await world.ok("delete -f -", reviews());
  });
});

describe("create", () => {
  // kubectl sends these in protobuf.
  test("kubectl's own generators make objects", async () => {
    await world.ok("create ns made");
    await world.ok("-n made create configmap c --from-literal=a=b");
    await world.ok("-n made create secret generic s --from-literal=p=q");
    await world.ok("-n made create deployment d --image=foo:1 --replicas=3 --port=80");
    await world.ok("-n made create service nodeport n --tcp=80:8080 --node-port=30123");
    await world.ok("-n made expose deploy d --port=80 --target-port=8080 --type=LoadBalancer --name=e");
    await world.ok("-n made create sa robot");
    await world.ok("-n made create job j --image=foo -- ls -l");
    await world.ok("-n made create role r --verb=get,list --resource=pods");
    await world.ok("-n made create pdb p --selector=app=d --min-available=50%");
    await world.ok("-n made autoscale deploy d --min=2 --max=5 --cpu-percent=50");
    await world.ok("-n made run one --image=foo:2 --env=A=b --labels=x=y");
    const deployment = JSON.parse(await world.ok("-n made get deploy d -o json"));
    assert.equal(deployment.spec.replicas, 3);
    assert.deepEqual(deployment.spec.strategy, {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
    });
    assert.deepEqual(deployment.spec.template.spec.containers[0].ports, [{ containerPort: 80, protocol: "TCP" }]);
    assert.equal(await world.ok("-n made get secret s -o jsonpath={.data.p}"), "cQ==");
    assert.equal(
      await world.ok("-n made get svc n -o jsonpath={.spec.ports[0].nodePort}/{.spec.ports[0].targetPort}"),
      "30123/8080",
    );
    assert.equal(await world.ok("-n made get pdb p -o jsonpath={.spec.minAvailable}"), "50%");
    const [job] = table(await world.ok("-n made get job j"));
    assert.equal(job?.COMPLETIONS, "0/1");
    await world.ok("delete ns made");
  });

  test("a service gets an address of its own, and ports on the node when it asks for them", async () => {
    await world.ok("create service clusterip one --tcp=80");
    await world.ok("create service loadbalancer two --tcp=80");
    const rows = table(await world.ok("get svc"));
    const row = (name: string): Record<string, string> => rows.find((one) => one.NAME === name) ?? {};
    assert.equal(row("kubernetes")["CLUSTER-IP"], "10.96.0.1");
    assert.match(row("one")["CLUSTER-IP"] ?? "", /^10\.96\./);
    assert.notEqual(row("one")["CLUSTER-IP"], row("two")["CLUSTER-IP"]);
    assert.deepEqual([row("two")["EXTERNAL-IP"], row("two").TYPE], ["<pending>", "LoadBalancer"]);
    assert.match(row("two")["PORT(S)"] ?? "", /^80:3\d{4}\/TCP$/);
    const address = row("one")["CLUSTER-IP"];
    const taken = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "three" },
      spec: { clusterIP: address, ports: [{ port: 80 }] },
    };
    assert.match((await world.kubectl("create -f -", taken)).stderr, /provided IP is already allocated/);
    await world.ok("delete svc one two");
  });
});

describe("refusals", () => {
  test("a misspelt field is refused with its path and what was meant", async () => {
    const bad = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "bad" },
      spec: { selectorr: {}, ports: [{ port: 80 }] },
    };
    const strict = await world.kubectl("apply -f -", bad);
    assert.match(
      strict.stderr,
      /BadRequest[\s\S]*strict decoding error: unknown field "spec.selectorr"; did you mean "selector"/,
    );
    const warned = await world.kubectl("apply --validate=warn -f -", bad);
    assert.equal(warned.code, 0);
    assert.match(warned.stderr, /Warning: unknown field "spec.selectorr"/);
    assert.equal(await world.ok("get svc bad -o jsonpath={.spec.selectorr}"), "");
    await world.ok("delete svc bad");
  });

  test("a wrong value is refused with its path, the value and the reason", async () => {
    const { stderr } = await world.kubectl("apply -f -", reviews().replace("replicas: 2", "replicas: two"));
    assert.match(
      stderr,
      /The Deployment "reviews-v1" is invalid|Deployment.apps "reviews-v1" is invalid: spec.replicas: Invalid value: "two": must be of type integer/,
    );
    await world.kubectl("delete -f -", reviews());
  });

  test("what is fixed for life cannot be changed", async () => {
    await world.ok("apply -f -", reviews());
    const selector = await world.kubectl(
      `patch deploy reviews-v1 --type=merge -p '{"spec":{"selector":{"matchLabels":{"app":"z"}}}}'`,
    );
    assert.match(selector.stderr, /spec.selector: Invalid value: [\s\S]*field is immutable/);
    const address = await world.kubectl(`patch svc reviews -p '{"spec":{"clusterIP":"10.96.1.1"}}'`);
    assert.match(address.stderr, /may not change once set/);
    await world.ok("delete -f -", reviews());
  });

  test("kinds that nobody serves are named as such", async () => {
    const { stderr } = await world.kubectl("apply -f -", {
      apiVersion: "foo.io/v1",
      kind: "Bar",
      metadata: { name: "x" },
    });
    assert.match(stderr, /no matches for kind "Bar" in version "foo.io\/v1"\nensure CRDs are installed first/);
  });

  test("an update of an object that changed meanwhile is a conflict", async () => {
    await world.ok("create configmap race --from-literal=a=1");
    const old = await world.ok("get configmap race -o json");
    await world.ok("label configmap race x=y");
    const { stderr } = await world.kubectl("replace -f -", old);
    assert.match(
      stderr,
      /Conflict[\s\S]*the object has been modified; please apply your changes to the latest version and try again/,
    );
    await world.ok("delete configmap race");
  });
});

describe("discovery", () => {
  test("kinds are found by their short names and categories, and described", async () => {
    const resources = await world.ok("api-resources --no-headers");
    for (const line of [/^pods\s+po\s+v1\s+true\s+Pod$/m, /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m]) {
      assert.match(resources, line);
    }
    assert.match(await world.ok("get all"), /service\/kubernetes/);
    assert.match(await world.ok("explain deploy.spec.strategy.rollingUpdate"), /maxSurge\s+<IntOrString>/);
    assert.match(await world.ok("explain httproutes.spec"), /hostnames\s+<\[\]string>/);
    assert.match(await world.ok("version"), /Server Version: v1\./);
    assert.match(await world.ok("api-versions"), /^gateway.networking.k8s.io\/v1$/m);
  });

  test("definitions of our kinds are there; applying them again is accepted, with a word", async () => {
    const name = "httproutes.gateway.networking.k8s.io";
    assert.match(await world.ok("get crds"), new RegExp(`^${name.replaceAll(".", "\\.")}`, "m"));
    assert.match(await world.ok(`wait --for=condition=Established crd/${name}`), /condition met/);
    const crd = JSON.parse(await world.ok(`get crd ${name} -o json`));
    assert.equal(crd.spec.names.kind, "HTTPRoute");
    const { code, stderr } = await world.kubectl("apply --server-side -f -", {
      ...crd,
      metadata: { name },
      status: undefined,
    });
    assert.equal(code, 0);
    assert.match(stderr, /Warning: httproutes.gateway.networking.k8s.io is built into Lateen/);
    const names = { kind: "Other", plural: "others", singular: "other", listKind: "OtherList" };
    const other = {
      ...crd,
      metadata: { name: "others.x.io" },
      spec: { ...crd.spec, group: "x.io", names },
      status: undefined,
    };
    const applied = await world.kubectl("apply -f -", other);
    assert.match(applied.stderr, /Warning: Lateen does not serve others.x.io/);
    assert.match(await world.ok("wait --for=condition=Established crd/others.x.io"), /condition met/);
    assert.match(await world.ok("apply -f -", other), /unchanged/);
    await world.ok("delete -f -", other);
  });
});

describe("reading", () => {
  test("a watch shows each change as it comes", async () => {
    const lines = await world.follow(
      "get configmap -w -l watched=yes --no-headers",
      (seen) => seen.length >= 2,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 700));
        await world.ok("create -f -", {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "w", labels: { watched: "yes" } },
        });
        await world.ok(`patch configmap w -p '{"data":{"a":"1","b":"2"}}'`);
      },
    );
    assert.deepEqual(
      lines.map((line) => line.split(/\s+/).slice(0, 2)),
      [
        ["w", "0"],
        ["w", "2"],
      ],
    );
    await world.ok("delete configmap w");
  });

  test("long lists come in pages, and look the same", async () => {
    for (const i of ["1", "2", "3"]) await world.ok(`create configmap page-${i}`);
    const names = (text: string): string[] => text.split("\n").filter((line) => line.includes("/page-"));
    const whole = names(await world.ok("get configmap -o name"));
    assert.deepEqual(names(await world.ok("get configmap -o name --chunk-size=2")), whole);
    const page = (await world.fetch("/api/v1/namespaces/default/configmaps?limit=2")).json();
    assert.equal(page.items.length, 2);
    assert.equal(page.metadata.remainingItemCount, 1);
    await world.ok("delete configmap page-1 page-2 page-3");
  });

  test("wait, describe and events work on what is stored", async () => {
    await world.ok("apply -f -", reviews());
    assert.match(
      await world.ok("wait --for=jsonpath={.spec.replicas}=2 deploy/reviews-v1 --timeout=5s"),
      /condition met/,
    );
    const uid = await world.ok("get deploy reviews-v1 -o jsonpath={.metadata.uid}");
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e1", namespace: "default" },
      involvedObject: { apiVersion: "apps/v1", kind: "Deployment", name: "reviews-v1", namespace: "default", uid },
      reason: "ScalingReplicaSet",
      message: "Scaled up",
      type: "Normal",
      count: 1,
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
      source: { component: "deployment-controller" },
    };
    await world.ok("create -f -", event);
    assert.match(
      await world.ok("describe deploy reviews-v1"),
      /Events:[\s\S]*ScalingReplicaSet\s+\S+\s+deployment-controller\s+Scaled up/,
    );
    assert.match(
      await world.ok("events --for deploy/reviews-v1"),
      /ScalingReplicaSet\s+Deployment\/reviews-v1\s+Scaled up/,
    );
    assert.match(await world.ok("get events"), /Normal\s+ScalingReplicaSet\s+deployment\/reviews-v1\s+Scaled up/);
    assert.equal(await world.ok("get events.events.k8s.io e1 -o jsonpath={.note}"), "Scaled up");
    await world.ok("delete -f -", reviews());
  });
});

test("a value of the wrong type is refused by its path, whatever would have read it first", async () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "bad" },
    spec: { containers: [{ name: "a", image: true }] },
  };
  const refused = await world.kubectl("create --validate=false -f -", pod);
  assert.match(refused.stderr, /spec.containers\[0\].image: Invalid value: true: must be of type string/);
  const patched = await world.kubectl(`patch svc kubernetes --type=merge -p '{"spec":{"ports":"many"}}'`);
  assert.match(patched.stderr, /spec.ports: Invalid value: "many": must be of type array/);
});
