/** The node with a real kernel: as whoever runs the tests, and as root also rootless, by another user. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Container } from "../../src/kinds/core/container.ts";
import type { PodSpec } from "../../src/kinds/core/pod-spec.ts";
import { detectCapabilities } from "../../src/local/node/capabilities.ts";
import { cleanUp, findNode, startNode, stopNode } from "../../src/local/node/lifecycle.ts";
import { markedProcesses } from "../../src/local/node/system/processes.ts";
import type { KubeObject } from "../../src/store/object.ts";
import { isReady, startApi, type TestApi, until } from "./api.ts";

const { mode, problems } = await detectCapabilities();
const skip = mode ? false : problems.map(({ message }) => message).join(" ");

/** Answers every request with the pod's name. */
const SERVER = `require("http").createServer((q, r) => r.end(require("os").hostname())).listen(8080);
process.on("SIGTERM", () => process.exit(0));`;

function pod(name: string, containers: Container[], spec: Partial<PodSpec> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 3, containers, ...spec },
  };
}

const sleeper = (name: string): Container => ({ name, image: "busybox", command: ["sleep", "1000"] });

const web: Container = {
  name: "web",
  image: "busybox",
  command: [process.execPath, "-e", SERVER],
  readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
};

function service(name: string, spec: object): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: { app: name }, ...spec } };
}

let api: TestApi;

before(async () => {
  if (skip) return;
  api = await startApi();
  await startNode({ home: api.home });
});

after(async () => {
  if (skip) return;
  await stopNode(api.home);
  await api.end();
});

test("a pod reaches another by its Service's name, and the host by a node port", { skip }, async () => {
  // Not what the API would choose: other worlds on this machine may have been given the same.
  const nodePort = 30_000 + Math.floor(Math.random() * 2768);
  await api.create(service("web", { type: "NodePort", ports: [{ port: 80, targetPort: 8080, nodePort }] }));
  await api.create(pod("web", [web]));
  await api.create(pod("client", [sleeper("client")]));
  await until("both are ready", async () => isReady(await api.pod("web")) && isReady(await api.pod("client")));
  const curl = (url: string) => api.exec("client", "client", "curl", "-sS", "--max-time", "3", url);
  await until("the Service answers", async () => (await curl("http://web/")).output === "web");
  assert.equal((await curl("http://web.default.svc.cluster.local/")).output, "web");
  assert.match((await curl("http://nobody/")).output, /Could not resolve/);
  const itself = await api.exec("web", "web", "curl", "-sS", "--max-time", "3", "http://web.default.svc/");
  assert.equal(itself.output, "web", "a pod reaches itself through its Service");
  const fromHost = await fetch(`http://127.0.0.1:${nodePort}/`);
  assert.equal(await fromHost.text(), "web");
});

test("a Service without endpoints refuses at once", { skip }, async () => {
  await api.create(service("empty", { ports: [{ port: 80 }] }));
  const curl = () => api.exec("client", "client", "curl", "-sS", "--max-time", "3", "http://empty/");
  await until("its name is known", async () => !/resolve/.test((await curl()).output));
  assert.match((await curl()).output, /connect/i);
});

test("a command's exit code comes back, and a log tells what was written", { skip }, async () => {
  const { status } = await api.exec("client", "client", "sh", "-c", "exit 3");
  assert.match(status, /"reason":"ExitCode","message":"3"/);
  await api.create(
    pod("talker", [{ name: "talker", image: "busybox", command: ["sh", "-c", "echo one; echo two; sleep 1000"] }]),
  );
  await until("it has spoken", async () => (await api.logs("talker", "talker")) === "one\ntwo\n");
  assert.equal(await api.logs("talker", "talker", "tailLines=1"), "two\n");
  assert.match(await api.logs("talker", "talker", "timestamps=true"), /^\d{4}-\d\d-\d\dT[\d:.]+Z one\n/);
});

test("ports of a pod's loopback are reached by port forwarding", { skip }, async () => {
  const server = `require("http").createServer((q, r) => r.end("inner")).listen(15000, "127.0.0.1")`;
  await api.create(pod("inner", [{ name: "inner", image: "busybox", command: [process.execPath, "-e", server] }]));
  const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  await until("it answers", async () => (await api.forward("inner", 15000, request)).endsWith("inner"));
  assert.match(await api.forward("inner", 1, ""), /error forwarding port 1 to pod inner/);
});

test("a sidecar starts before the app and ends after it", { skip }, async () => {
  const note = (what: string) => `echo ${what} >>/shared/order`;
  const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
  const stay = (name: string) =>
    `trap '${note(`${name}-ends`)}; exit 0' TERM; ${note(name)}; while :; do sleep 0.05; done`;
  const part = (name: string, command: string): Container => ({
    name,
    image: "busybox",
    command: ["sh", "-c", command],
    volumeMounts,
  });
  const folder = join(api.home, "shared");
  await api.create(
    pod("ordered", [part("app", stay("app"))], {
      initContainers: [
        part("first", note("first")),
        {
          ...part("side", stay("side")),
          restartPolicy: "Always",
          startupProbe: { exec: { command: ["grep", "side", "/shared/order"] }, periodSeconds: 1 },
        },
      ],
      volumes: [{ name: "shared", hostPath: { path: folder, type: "DirectoryOrCreate" } }],
    }),
  );
  await until("it is ready", async () => isReady(await api.pod("ordered")));
  await until("the app runs", () => readFileSync(join(folder, "order"), "utf8").includes("app"));
  await api.store.delete({ ...podType }, { namespace: "default", name: "ordered" });
  await until("it is gone", async () => (await api.pod("ordered").catch(() => undefined)) === undefined);
  const order = readFileSync(join(folder, "order"), "utf8").trim().split("\n");
  assert.deepEqual(order, ["first", "side", "app", "app-ends", "side-ends"]);
});

const podType = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

test("a container that fails is started again, and an unknown image says what to do", { skip }, async () => {
  await api.create(
    pod("troubled", [
      { name: "failing", image: "busybox", command: ["sh", "-c", "echo why >/dev/termination-log; exit 7"] },
      { name: "unknown", image: "example.com/nothing:1" },
    ]),
  );
  const statusOf = async (name: string) =>
    (await api.pod("troubled")).status?.containerStatuses?.find((status) => status.name === name);
  await until("it waits for its next start", async () => {
    return (await statusOf("failing"))?.state?.waiting?.reason === "CrashLoopBackOff";
  });
  const { lastState, restartCount } = (await statusOf("failing")) ?? {};
  assert.equal(restartCount, 1);
  assert.deepEqual([lastState?.terminated?.exitCode, lastState?.terminated?.message], [7, "why\n"]);
  await until("the image is given up", async () => {
    return (await statusOf("unknown"))?.state?.waiting?.reason === "ImagePullBackOff";
  });
  assert.match((await statusOf("unknown"))?.state?.waiting?.message ?? "", /lateen image add example\.com\/nothing/);
});

test("a ConfigMap's change reaches a running container", { skip }, async () => {
  await api.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { color: "red" } });
  const container = { ...sleeper("reader"), volumeMounts: [{ name: "settings", mountPath: "/etc/app/settings" }] };
  const volumes = [{ name: "settings", configMap: { name: "settings" } }];
  await api.create(pod("reader", [container], { volumes }));
  const color = async () => (await api.exec("reader", "reader", "cat", "/etc/app/settings/color")).output;
  await until("it has the first", async () => (await color()) === "red");
  await api.store.patch(
    { ...podType, plural: "configmaps", kind: "ConfigMap" },
    { namespace: "default", name: "settings" },
    { type: "merge", body: { data: { color: "black" } } },
  );
  await until("it has the second", async () => (await color()) === "black");
});

test("nothing that a container writes reaches the host's own folders", { skip }, async () => {
  await api.exec("client", "client", "sh", "-c", "echo x >/etc/lateen-was-here; echo x >/tmp/lateen-was-here");
  assert.equal((await api.exec("client", "client", "cat", "/etc/lateen-was-here")).output, "x\n");
  assert.equal(existsSync("/etc/lateen-was-here") || existsSync("/tmp/lateen-was-here"), false);
});

test("pods outlive the node process, and the next one takes them up", { skip }, async () => {
  const status = async () => (await api.pod("web")).status?.containerStatuses?.[0];
  const before = await status();
  const node = findNode(api.home);
  assert.ok(node);
  process.kill(node.pid, "SIGKILL");
  await until("it is dead", () => findNode(api.home) === undefined);
  await startNode({ home: api.home });
  await until("the old pod serves commands", async () => {
    return (await api.exec("client", "client", "curl", "-sS", "http://web/")).output === "web";
  });
  const now = await status();
  assert.deepEqual([now?.containerID, now?.restartCount], [before?.containerID, 0]);
  assert.ok(isReady(await api.pod("web")));
  await api.store.delete(podType, { namespace: "default", name: "web" });
  await until("an adopted pod can be deleted", async () => (await api.pod("web").catch(() => undefined)) === undefined);
});

test("a pod that has done its work ends with its sidecar, and its log stays", { skip }, async () => {
  const proxy: Container = {
    name: "proxy",
    image: "busybox",
    restartPolicy: "Always",
    command: ["sh", "-c", "trap 'echo proxy ends; exit 0' TERM; while :; do sleep 0.05; done"],
  };
  await api.create(
    pod("job", [{ name: "work", image: "busybox", command: ["echo", "done"] }], {
      restartPolicy: "Never",
      initContainers: [proxy],
    }),
  );
  await until("it has succeeded", async () => (await api.pod("job")).status?.phase === "Succeeded");
  assert.equal(await api.logs("job", "work"), "done\n");
  await until("the proxy has ended", async () => (await api.logs("job", "proxy")) === "proxy ends\n");
});

test("all containers hear of the end at once: a sidecar's preStop hook runs while the app still works", {
  skip,
}, async () => {
  const folder = join(api.home, "ending");
  const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
  const stay = (name: string, ending: string) =>
    `trap '${ending}; echo ${name} ends >>/shared/order; exit 0' TERM; while :; do sleep 0.05; done`;
  const container = (name: string, ending: string): Container => ({
    name,
    image: "busybox",
    command: ["sh", "-c", stay(name, ending)],
    volumeMounts,
  });
  const hook = { preStop: { exec: { command: ["sh", "-c", "echo hook >>/shared/order"] } } };
  await api.create(
    pod("ending", [container("app", "sleep 0.5")], {
      initContainers: [{ ...container("proxy", ":"), restartPolicy: "Always", lifecycle: hook }],
      volumes: [{ name: "shared", hostPath: { path: folder, type: "DirectoryOrCreate" } }],
    }),
  );
  await until("it is ready", async () => isReady(await api.pod("ending")));
  await api.store.delete(podType, { namespace: "default", name: "ending" });
  await until("it is gone", async () => (await api.pod("ending").catch(() => undefined)) === undefined);
  const order = readFileSync(join(folder, "order"), "utf8").trim().split("\n");
  assert.deepEqual(order, ["hook", "app ends", "proxy ends"]);
});

test("a postStart hook may take longer than the pod would be given to end", { skip }, async () => {
  const lifecycle = { postStart: { exec: { command: ["sh", "-c", "sleep 0.2"] } } };
  await api.create(pod("hasty", [{ ...sleeper("hasty"), lifecycle }], { terminationGracePeriodSeconds: 0 }));
  await until("it is ready", async () => isReady(await api.pod("hasty")));
  assert.equal((await api.pod("hasty")).status?.containerStatuses?.[0]?.restartCount, 0);
});

test("while the API is away all goes on, and afterwards what was missed is caught up", { skip }, async () => {
  await api.create(service("steady", { ports: [{ port: 80, targetPort: 8080 }] }));
  await api.create(pod("steady", [web]));
  const answer = async () => (await api.exec("client", "client", "curl", "-sS", "http://steady/")).output;
  await until("it answers", async () => (await answer()) === "steady");
  await api.leave();
  assert.equal(await answer(), "steady");
  await api.store.delete(podType, { namespace: "default", name: "talker" });
  await api.create(pod("late", [sleeper("late")]));
  await api.comeBack();
  await until("the new pod runs", async () => isReady(await api.pod("late")));
  await until("the old one is gone", async () => (await api.pod("talker").catch(() => undefined)) === undefined);
  assert.equal(await answer(), "steady");
});

test("after a crash of everything nothing is left behind", { skip }, async () => {
  await stopNode(api.home);
  assert.deepEqual(markedProcesses(api.home), []);
  assert.deepEqual(readdirSync(join(api.home, "run")).sort(), ["api.sock", "node.kubeconfig", "tools"]);
  await cleanUp(api.home);
  await startNode({ home: api.home });
  await until("pods run again", async () => {
    const client = await api.pod("client");
    return isReady(client) && client.status?.containerStatuses?.[0]?.restartCount === 1;
  });
});

/** A user that may do nothing, with whom files of this repository must be readable. */
const NOBODY = "65534";
const asNobody = (...command: string[]) => [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...command];
const file = fileURLToPath(import.meta.url);
const cannot =
  process.getuid?.() !== 0
    ? "only root can become another user"
    : spawnSync("setpriv", asNobody("test", "-r", file)).status !== 0
      ? "another user cannot read this folder"
      : false;

test("all of this works rootless too", { skip: skip || cannot }, () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync("setpriv", asNobody(process.execPath, "--test", file), {
    env: { ...env, HOME: "/tmp" },
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout);
});
