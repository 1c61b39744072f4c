import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { listeningPorts } from "./listening-ports.ts";

test("a port is taken while somebody listens on it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  assert.ok(listeningPorts().has(port));
  server.close();
  await once(server, "close");
  assert.equal(listeningPorts().has(port), false);
});
