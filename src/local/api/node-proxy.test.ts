import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type WebSocket, WebSocketServer } from "ws";
import { startTestWorld, type TestWorld } from "./testing.ts";

let world: TestWorld;
let node: Server;
const seen: string[] = [];

before(async () => {
  world = await startTestWorld();
  await world.ok("create -f -", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: {
      nodeName: "lateen",
      initContainers: [{ name: "istio-proxy", image: "e:1", restartPolicy: "Always" }],
      containers: [
        { name: "a", image: "x:1" },
        { name: "b", image: "x:1" },
      ],
    },
  });
  await world.ok(`patch pod p --subresource=status --type=merge -p '{"status":{"phase":"Running"}}'`);
});
after(async () => {
  node?.close();
  node?.closeAllConnections();
  await world.close();
});

/** One port: channel 0 carries its data, after the port's number. */
function echo(client: WebSocket, say: (channel: number, text: string) => void): void {
  say(0, "\x50\0");
  say(1, "\x50\0");
  client.on("message", (data) => {
    const message = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
    say(0, `echo ${message.subarray(1)}`);
  });
}

/** Speaks the node's side: logs as text, exec over Kubernetes' channels. */
async function startFakeNode(): Promise<void> {
  node = createServer((request, response) => {
    seen.push(request.url ?? "");
    assert.equal(request.headers.authorization, undefined);
    response.writeHead(200, { "content-type": "text/plain" });
    response.write("one\n");
    if (!request.url?.includes("follow=true")) response.end("two\n");
    else setTimeout(() => response.end("two\n"), 100);
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  node.on("upgrade", (request: IncomingMessage, socket, head) => {
    seen.push(request.url ?? "");
    sockets.handleUpgrade(request, socket, head, (client) => {
      const say = (channel: number, text: string): void =>
        client.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
      const end = (status: object): void => {
        say(3, JSON.stringify(status));
        client.close(1000);
      };
      if (request.url?.startsWith("/portforward/")) {
        echo(client, say);
        return;
      }
      say(1, "out\n");
      say(2, "err\n");
      if (!request.url?.includes("stdin=true")) return end({ status: "Success" });
      client.on("message", (data) => {
        const message = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
        if (message[0] === 0) say(1, `got ${message.subarray(1)}`);
        // 255 0: standard input ends.
        if (message[0] !== 255) return;
        const causes = [{ reason: "ExitCode", message: "3" }];
        end({ status: "Failure", reason: "NonZeroExitCode", message: "exit code 3", details: { causes } });
      });
    });
  });
  await new Promise<void>((resolve) => node.listen(join(world.home, "run/node.sock"), resolve));
}

test("while the node is away, logs and exec say so", async () => {
  assert.match((await world.kubectl("logs p -c a")).stderr, /the node does not answer/);
  assert.match((await world.kubectl("exec p -c a -- ls")).stderr, /the node does not answer/);
});

test("logs, exec and its exit code pass through", async () => {
  await startFakeNode();
  assert.equal(await world.ok("logs p -c b --tail=5 --timestamps"), "one\ntwo\n");
  assert.equal(seen.pop(), "/logs/default/p/b?tailLines=5&timestamps=true");
  assert.equal(await world.ok("logs -f p -c istio-proxy"), "one\ntwo\n");
  const exec = await world.kubectl("exec p -c a -- ls -l");
  assert.deepEqual([exec.code, exec.stdout, exec.stderr], [0, "out\n", "err\n"]);
  assert.equal(seen.pop(), "/exec/default/p/a?command=ls&command=-l&stderr=true&stdout=true");
  const cat = await world.kubectl("exec -i p -c a -- cat", "in\n");
  assert.deepEqual([cat.code, cat.stdout], [3, "out\ngot in\n"]);
});

test("clients that know SPDY only can exec", async () => {
  const plain = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false" };
  const exec = await world.kubectl("exec p -c a -- ls", undefined, plain);
  assert.deepEqual([exec.code, exec.stdout, exec.stderr], [0, "out\n", "err\n"]);
  const cat = await world.kubectl("exec -i p -c a -- cat", "in\n", plain);
  assert.deepEqual([cat.code, cat.stdout], [3, "out\ngot in\n"]);
});

for (const [how, environment] of [
  ["within a WebSocket", {}],
  ["plain", { KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
] as const) {
  test(`ports are forwarded, with SPDY ${how}`, async () => {
    const child = spawn("kubectl", ["port-forward", "p", ":80"], { env: { ...world.env, ...environment } });
    try {
      const [line] = await once(child.stdout, "data", { signal: AbortSignal.timeout(10_000) });
      const port = Number(/127\.0\.0\.1:(\d+) -> 80/.exec(String(line))?.[1]);
      assert.deepEqual([await ask(port, "one"), await ask(port, "two")], ["echo one", "echo two"]);
    } finally {
      child.kill();
    }
    assert.equal(seen.pop(), "/portforward/default/p?port=80");
  });
}

/** What comes back first on a connection of its own. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.once("data", (data) => {
      resolve(String(data));
      socket.end();
    });
    socket.once("error", reject);
  });
}

test("a container that the pod does not have is named", async () => {
  assert.match((await world.kubectl("logs p -c zz")).stderr, /container zz is not valid for pod p/);
  const { status, text } = await world.fetch("/api/v1/namespaces/default/pods/p/log");
  assert.equal(status, 400);
  assert.match(text, /choose one of: \[a b\] or one of the init containers: \[istio-proxy\]/);
});

test("what this process serves answers under the service's proxy path", async () => {
  const forget = world.server.registerServiceHandler("istio-system", "istiod", 15014, (request, response) => {
    response.end(`you asked for ${request.url}`);
  });
  assert.equal(
    await world.ok("get --raw /api/v1/namespaces/istio-system/services/http:istiod:15014/proxy/debug/syncz?x=1"),
    "you asked for /debug/syncz?x=1",
  );
  forget();
  assert.equal((await world.fetch("/api/v1/namespaces/istio-system/services/istiod:15014/proxy/")).status, 503);
});
