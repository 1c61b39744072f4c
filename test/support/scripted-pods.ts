/** Pods whose servers and clients are some lines of JavaScript. */
import type { TestWorld } from "./world.ts";

/** An image with Node.js at a place that is the same in both worlds. */
const IMAGE = "docker.io/istio/examples-bookinfo-details-v1:1.20.3";
const NODE = "/lateen/node";

/** A Deployment of one replica with an account of its own, and no probes. */
export function scripted(
  name: string,
  namespace: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
): object[] {
  const labels = { app: name };
  const container = {
    name: "app",
    image: IMAGE,
    command: [NODE, "-e", script],
    env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
  };
  const spec = { serviceAccountName: name, containers: [container] };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
  ];
}

export function serviceOf(
  app: string,
  namespace: string,
  ports: readonly { name: string; port: number; targetPort?: number }[],
  { name = app, ...more }: { name?: string; clusterIP?: "None" } = {},
): object {
  const spec = { selector: { app }, ports, ...more };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec };
}

export function list(...items: object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** Waits as a client; what it says is written as scripts. */
export const IDLE = "setInterval(() => {}, 1e6)";

/** Runs a script in a Deployment's pod; returns what it wrote, also when it failed. */
export async function say(world: TestWorld, namespace: string, deployment: string, script: string): Promise<string> {
  const exec = ["exec", "-n", namespace, `deploy/${deployment}`, "-c", "app", "--", NODE, "-e", script];
  const { stdout, stderr } = await world.tryKubectl(exec);
  return (stdout || stderr).trim();
}

/** Writes `200 body`, or `refused CODE`. */
export function asksHttp(
  host: string,
  port: number,
  headers: Readonly<Record<string, string>> = {},
  path = "/",
): string {
  const options = JSON.stringify({ host, port, path, headers, timeout: 20_000 });
  return `require("http").get(${options}, async (answer) => {
    let body = "";
    for await (const part of answer.setEncoding("utf8")) body += part;
    console.log(answer.statusCode, body);
  }).on("timeout", function () { this.destroy(new Error("timeout")) }).on("error", (e) => console.log("refused", e.code));`;
}

/** Sends a line when it has heard `after` (at once when that is ""), and writes all that it hears. */
export function asksTcp(host: string, port: number, line: string, after = ""): string {
  return `let heard = "", said = false;
  const socket = require("net").connect(${port}, ${JSON.stringify(host)});
  const speak = () => { if (!said && heard.includes(${JSON.stringify(after)})) { said = true; socket.write(${JSON.stringify(`${line}\n`)}); } };
  socket.setEncoding("utf8").on("connect", speak).on("data", (text) => {
    heard += text;
    speak();
    if (heard.includes(${JSON.stringify(line)})) socket.end();
  });
  socket.setTimeout(20000, () => socket.destroy());
  socket.on("error", (error) => { heard += " refused " + error.code; }).on("close", () => console.log(heard.trim()));`;
}

/** A pod that posts, on new and on kept connections, from `/begin` on its port 9999 until `/end`, which says how it went. */
export function poster(host: string, port: number): string {
  return `const http = require("http");
let running = false, requests = 0, failures = [];
const ask = (agent) => new Promise((resolve) => {
  const failed = (why) => { failures.push(why); resolve(); };
  const outgoing = http.request({ host: ${JSON.stringify(host)}, port: ${port}, method: "POST", agent }, (answer) => {
    if (answer.statusCode !== 200) failures.push(String(answer.statusCode));
    answer.resume().on("end", resolve).on("error", failed);
  });
  outgoing.on("error", (error) => failed(String(error))).end("some body");
});
const client = async (agent) => {
  for (; running; requests++) {
    await ask(agent);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const kept = new http.Agent({ keepAlive: true });
let clients = [];
http.createServer(async ({ url }, response) => {
  running = url === "/begin";
  if (running) {
    [requests, failures] = [0, []];
    clients = [kept, kept, false].map(client);
  } else await Promise.all(clients);
  response.end(JSON.stringify({ requests, failures }));
}).listen(9999);`;
}
