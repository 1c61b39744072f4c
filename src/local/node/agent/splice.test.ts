import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { splice } from "./splice.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  return isAddress(address) ? address.port : 0;
}

function isAddress(value: unknown): value is AddressInfo {
  return typeof value === "object" && value !== null && "port" in value;
}

/** A forwarder in front of `serve`. */
async function forwarded(serve: (socket: Socket) => void): Promise<Socket> {
  const target = await listen(serve);
  const front = await listen((socket) => splice(socket, connect({ port: target, allowHalfOpen: true })));
  return connect({ port: front, host: "127.0.0.1", allowHalfOpen: true });
}

async function allOf(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test("a client that has said all it has to say still gets its answer", async () => {
  const client = await forwarded(async (socket) => {
    const asked = await allOf(socket.setEncoding("utf8"));
    socket.end(`answer to ${asked}`);
  });
  client.end("question");
  assert.equal(await allOf(client), "answer to question");
});

test("a server that is slow to read slows its client down", async () => {
  let paused: Socket | undefined;
  const client = await forwarded((socket) => {
    paused = socket.pause();
  });
  const block = Buffer.alloc(1024 * 1024);
  let accepted = 0;
  for (let at = 0; at < 64; at++) {
    if (client.writableLength > 8 * block.length) break;
    client.write(block);
    accepted++;
    await sleep(5);
  }
  assert.ok(accepted < 64, "the forwarder must not take in without bound");
  paused?.destroy();
  client.on("error", () => undefined);
  client.destroy();
});

test("when one side is reset the other is reset too", async () => {
  const client = await forwarded((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.resetAndDestroy());
  });
  client.write("x");
  client.resume();
  await assert.rejects(once(client, "close"), { code: "ECONNRESET" });
});
