import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { inClusterConnection } from "./in-cluster.ts";
import { kubeconfigConnection } from "./kubeconfig.ts";

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "lateen-kubeconfig-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function write(t: TestContext, user: object, cluster: object = {}): string {
  const path = join(folder(t), "config");
  const document = {
    "current-context": "one",
    clusters: [{ name: "c", cluster: { server: "https://example.com:6443/base", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [
      { name: "one", context: { cluster: "c", user: "u" } },
      { name: "bare", context: { cluster: "c" } },
    ],
  };
  writeFileSync(path, stringify(document));
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("server, CA, token and certificates come from the current context", async (t) => {
  const path = write(
    t,
    { token: "secret", "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") },
    { "certificate-authority-data": base64("CA"), "tls-server-name": "other" },
  );
  const { token, ...rest } = await kubeconfigConnection(path, { socketPath: "/run/api.sock" });
  assert.deepEqual(rest, {
    server: new URL("https://example.com:6443/base"),
    socketPath: "/run/api.sock",
    ca: "CA",
    serverName: "other",
    clientCertificate: "CERT",
    clientKey: "KEY",
  });
  assert.equal(await token?.(), "secret");
  const bare = await kubeconfigConnection(path, { context: "bare" });
  assert.equal(bare.token, undefined);
});

test("files are looked for beside the kubeconfig", async (t) => {
  const path = write(
    t,
    { tokenFile: "token" },
    { "certificate-authority": "ca.pem", "insecure-skip-tls-verify": true },
  );
  writeFileSync(join(path, "..", "token"), "from file\n");
  writeFileSync(join(path, "..", "ca.pem"), "CA");
  const connection = await kubeconfigConnection(path);
  assert.equal(connection.ca, "CA");
  assert.equal(connection.insecure, true);
  assert.equal(await connection.token?.(), "from file");
});

test("a credential plugin is run for a token, and again only when that expires", async (t) => {
  const directory = folder(t);
  const plugin = join(directory, "plugin");
  writeFileSync(
    plugin,
    `#!/bin/sh\necho run >> ${directory}/runs\necho '{"kind":"ExecCredential","status":{"token":"'"$GREETING-$1"'"}}'\n`,
  );
  chmodSync(plugin, 0o755);
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: plugin,
    args: ["x"],
    env: [{ name: "GREETING", value: "hi" }],
  };
  const { token } = await kubeconfigConnection(write(t, { exec }));
  assert.deepEqual([await token?.(), await token?.()], ["hi-x", "hi-x"]);
  const { token: none } = await kubeconfigConnection(write(t, { exec: { command: join(directory, "missing") } }));
  await assert.rejects(none?.() ?? Promise.resolve(), /LTN1012: .* runs .*missing for a token, which failed/);
});

test("what is wrong with a kubeconfig is said with its path", async (t) => {
  const path = write(t, {});
  await assert.rejects(
    kubeconfigConnection(path, { context: "two" }),
    /LTN1011: kubeconfig .* has no context named "two"/,
  );
  await assert.rejects(kubeconfigConnection("/nowhere/config"), /LTN1011: kubeconfig \/nowhere\/config cannot be read/);
  await assert.rejects(kubeconfigConnection(write(t, {}, { server: "nonsense" })), /has no valid server/);
  await assert.rejects(kubeconfigConnection(write(t, { username: "me" })), /use a token or exec/);
});

test("in a pod the service account connects", async (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, "ca.crt"), "CA");
  writeFileSync(join(directory, "token"), "pod token");
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
  const connection = await inClusterConnection(env, directory);
  assert.equal(connection.server.href, "https://[fd00::1]/");
  assert.equal(connection.ca, "CA");
  assert.equal(await connection.token?.(), "pod token");
  await assert.rejects(inClusterConnection({}, directory), /LTN1010: this process is not in a pod/);
});
