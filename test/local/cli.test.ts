/** lateen's commands for who has no kubectl, on a world of their own, with a container that is a command of this machine. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { LocalWorld } from "../support/local-world.ts";
import { run } from "../support/run.ts";
import { LATEEN, ROOT } from "../support/world.ts";

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: talker
  labels: {app: talker}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: talker
      image: example/talker:1.0
      args: ["two words"]
`;

const MIXED = `apiVersion: v1
kind: ConfigMap
metadata: {name: neighbour}
data: {a: b}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
    - route:
        - destination: {host: reviews}
          weight: -5
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Sevrice
    metadata: {name: x}
`;

describe("lateen without kubectl", { timeout: 120_000 }, () => {
  const world = new LocalWorld();
  const files = join(world.home, "files");
  const file = (name: string, text: string): string => {
    mkdirSync(files, { recursive: true });
    writeFileSync(join(files, name), text);
    return join(files, name);
  };
  const withInput = (input: string, ...args: string[]): ReturnType<typeof run> =>
    run(LATEEN, args, { env: { ...process.env, LATEEN_HOME: world.home }, cwd: ROOT, input });

  before(() => world.start("up"));
  after(() => world.end());

  test("image add tells what an image runs, and image list shows it", async () => {
    await world.lateen(
      "image",
      "add",
      "example/talker",
      "--env",
      "GREETING=hello",
      "--",
      "sh",
      "-c",
      'echo "$GREETING, $0"; exec sleep 1000',
    );
    assert.match(await world.lateen("image", "list"), /^example\/talker +\S*\/sh -c /m);
    const { status, stderr } = await world.tryLateen("image", "add", "x", "--", "no-such-command");
    assert.equal(status, 1);
    assert.match(stderr, /^Error LTN5022: no-such-command is not a command/);
  });

  test("apply creates, changes and leaves alone, and says which", async () => {
    const pod = file("pod.yaml", POD);
    assert.equal(await world.lateen("apply", "-f", pod, "--dry-run"), "pod/talker created (dry run)\n");
    assert.equal(await world.lateen("apply", "-f", pod), "pod/talker created\n");
    assert.equal(await world.lateen("apply", "-f", pod), "pod/talker unchanged\n");
    const labelled = await withInput(POD.replace("app: talker", "app: talker, tier: x"), "apply", "-f", "-");
    assert.equal(labelled.stdout, "pod/talker configured\n", labelled.stderr);
  });

  test("what is refused is told with file and line, and its neighbours are applied", async () => {
    const { status, stdout, stderr } = await world.tryLateen("apply", "-f", file("mixed.yaml", MIXED));
    assert.equal(status, 1);
    assert.equal(stdout, "configmap/neighbour created\n");
    assert.match(
      stderr,
      /mixed.yaml:15: virtualservice.networking.istio.io\/reviews: spec.http\[0\].route\[0\].weight: .*LTN2001/,
    );
    assert.match(stderr, /mixed.yaml:21: the API knows no kind Sevrice of v1/);
  });

  test("fields that another tool set are kept until told otherwise", async () => {
    const map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: b}\n";
    const path = file("shared.yaml", map);
    await world.kubectl("apply", "--server-side", "-f", path);
    writeFileSync(path, map.replace("a: b", "a: c"));
    const { status, stderr } = await world.tryLateen("apply", "-f", path);
    assert.equal(status, 1);
    assert.match(stderr, /shared.yaml:4: configmap\/shared: .*conflict.*--force-conflicts/s);
    assert.equal(await world.lateen("apply", "-f", path, "--force-conflicts"), "configmap/shared configured\n");
  });

  test("warnings of the API come with file and line", async () => {
    const route = "route: [{destination: {host: nowhere}}]";
    const text = `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: twice}\nspec:\n  hosts: [nowhere]\n  http:\n    - ${route}\n    - ${route}\n`;
    const { status, stderr } = await world.tryLateen("apply", "-f", file("twice.yaml", text));
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^Warning: .*twice.yaml:8: virtualservice.networking.istio.io\/twice: .*IST0130/m);
  });

  test("get prints tables, objects and names, as kubectl does", async () => {
    await eventually(async () => assert.match(await world.lateen("get", "pod", "talker"), /1\/1 +Running/));
    for (const args of [
      ["get", "pods", "-A"],
      ["get", "cm"],
      ["get", "deploy", "-A", "-o", "wide"],
    ]) {
      const [ours, kubectl] = [await world.lateen(...args), await world.kubectl(...args)];
      const plain = (text: string): string =>
        text
          .replaceAll(/\b\d+[smh](\d+s)?\b/g, "AGE")
          .replaceAll(/ +/g, " ")
          .replaceAll(/ $/gm, "");
      assert.equal(plain(ours), plain(kubectl));
    }
    assert.equal(await world.lateen("get", "po", "-l", "app=talker", "-o", "name"), "pod/talker\n");
    const object = JSON.parse(await world.lateen("get", "pod/talker", "-o", "json"));
    assert.deepEqual([object.kind, object.metadata.name, object.metadata.managedFields], ["Pod", "talker", undefined]);
    assert.match(await world.lateen("get", "cm", "neighbour", "-o", "yaml"), /^apiVersion: v1\nkind: ConfigMap\n/);
    const unknown = await world.tryLateen("get", "deploymnets");
    assert.match(unknown.stderr, /^Error LTN5011: .*deploymnets\n {2}Did you mean deployments\?/);
  });

  test("logs shows what the container wrote: its environment and arguments are those that were given", async () => {
    assert.equal(await eventually(() => world.lateen("logs", "talker", "--tail", "1")), "hello, two words\n");
  });

  test("exec passes input, output and the exit status on", async () => {
    const echoed = await withInput("over\nand out", "exec", "talker", "-i", "--", "cat");
    assert.deepEqual(echoed, { status: 0, stdout: "over\nand out", stderr: "" });
    const failed = await world.tryLateen("exec", "talker", "--", "sh", "-c", "echo oh >&2; exit 7");
    assert.deepEqual(failed, { status: 7, stdout: "", stderr: "oh\n" });
    const large = await world.lateen("exec", "talker", "--", "head", "-c", "3000000", "/dev/zero");
    assert.equal(large.length, 3_000_000);
  });

  // the size follows the start: whoever asks at once may see none yet
  test("exec gives a terminal of the size of ours", { skip: process.platform !== "linux" }, async () => {
    const command = `stty cols 91 rows 33; exec ${LATEEN} exec talker -it -- sh -c 'for _ in $(seq 50); do case $(stty size) in 33*) break;; esac; sleep 0.1; done; stty size'`;
    const { stdout } = await run("script", ["-qec", command, "/dev/null"], {
      env: { ...process.env, LATEEN_HOME: world.home },
      cwd: ROOT,
    });
    assert.match(stdout, /33 91/);
  });

  test("completion knows commands and this world's pods", async () => {
    assert.match(await world.lateen("completion", "bash"), /complete .* lateen\n/);
    assert.match(await world.lateen("__complete", "--", "logs", "ta"), /^talker\t/);
    assert.match(await world.lateen("__complete", "--", "app"), /^apply\t/);
  });

  test("delete waits until the object is gone", async () => {
    assert.equal(await world.lateen("delete", "pod", "talker"), "pod/talker deleted\n");
    const { status, stderr } = await world.tryLateen("get", "pod", "talker");
    assert.deepEqual([status, stderr], [1, 'Error from the API (NotFound): pods "talker" not found\n']);
    const logs = await world.tryLateen("logs", "talker");
    assert.match(logs.stderr, /^Error LTN5020: there is no pod talker in namespace default\n {2}See lateen get pods/);
    const twice = await world.tryLateen("delete", "-f", join(files, "pod.yaml"), "-f", join(files, "shared.yaml"));
    assert.equal(twice.stdout, "configmap/shared deleted\n");
    assert.equal(twice.status, 1);
  });

  test("what a user can mend is told with a code and a remedy, without a stack", async () => {
    const notALateen = file("not-a-kubeconfig", `apiVersion: v1\nkind: Config\ncurrent-context: none\n`);
    const away = file(
      "away",
      `{current-context: a, users: [], contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]}`,
    );
    const cases: [args: string[], code: string][] = [
      [["--home", join(files, "empty"), "get", "pods"], "LTN5004"],
      [["--home", join(files, "empty"), "status"], "LTN5004"],
      [["--home", join(files, "pod.yaml"), "up"], "LTN5007"],
      [["--home", join(files, "pod.yaml"), "up", "--detach"], "LTN5007"],
      [["up"], "LTN5001"],
      [["get", "pods", "--kubeconfig", join(files, "absent")], "LTN1011"],
      [["get", "pods", "--kubeconfig", notALateen], "LTN1011"],
      [["get", "pods", "--kubeconfig", away], "LTN1013"],
      [["--home", join(files, "other"), "up", "--detach", "--envoy", "/bin/true"], "LTN7001"],
    ];
    for (const [args, code] of cases) {
      const { status, stderr } = await world.tryLateen(...args);
      assert.equal(status, 1, args.join(" "));
      assert.match(stderr, new RegExp(`^Error ${code}: .+\\n  .+\\n$`), args.join(" "));
    }
    rmSync(files, { recursive: true });
  });

  test("a misspelt command is answered with the one that was meant", async () => {
    const { status, stderr } = await world.tryLateen("aply");
    assert.equal(status, 1);
    assert.match(stderr, /Did you mean apply\?/);
  });
});
