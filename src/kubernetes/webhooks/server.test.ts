import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { Authority } from "../../identity/authority.ts";
import { createAuthority } from "../../identity/self-signed.ts";
import type { ServerIdentity } from "../../identity/server-certificate.ts";
import type { AdmissionRequest, Verdict } from "./admission-review.ts";
import { startWebhookServer, type WebhookServer } from "./server.ts";

let renew: () => Promise<void>;
let server: WebhookServer;
let ca: string;
const asked: AdmissionRequest[] = [];
const errors: unknown[] = [];
let verdict: () => Verdict = () => ({});

before(async () => {
  const authority = await Authority.load(await createAuthority("cluster.local"), "test");
  ca = authority.roots;
  const listeners = new Set<() => void>();
  const issue = async () => {
    const { certificate, privateKey } = await authority.issueServer(["localhost"], 3_600_000);
    return { certificate, privateKey: privateKey ?? "" };
  };
  let current = await issue();
  const identity: ServerIdentity = {
    current: () => current,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  renew = async () => {
    current = await issue();
    for (const listener of listeners) listener();
  };
  server = await startWebhookServer({
    host: "127.0.0.1",
    port: 0,
    identity,
    judges: {
      inject: async (review) => {
        asked.push(review);
        return verdict();
      },
    },
    onError: (error) => errors.push(error),
  });
});

after(async () => {
  await server.close();
});

interface Answer {
  status: number;
  body: string;
  serial: string;
}

function send(path: string, body: string, options: { method?: string; type?: string } = {}): Promise<Answer> {
  const { method = "POST", type = "application/json" } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: server.port, servername: "localhost", ca, path, method, agent: false },
      (response) => {
        const serial = Reflect.get(response.socket, "getPeerCertificate").call(response.socket).serialNumber;
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, serial }));
      },
    );
    outgoing.on("error", reject);
    outgoing.setHeader("content-type", type);
    outgoing.end(body);
  });
}

const review = (object: object = { apiVersion: "v1", kind: "Pod", metadata: { generateName: "a-" } }): string =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u1",
      kind: { group: "", version: "v1", kind: "Pod" },
      operation: "CREATE",
      namespace: "n",
      object,
    },
  });

test("a verdict is answered under the request's uid: a patch in base64, warnings, a refusal with its causes", async () => {
  verdict = () => ({ patch: [{ op: "add", path: "/spec/x", value: 1 }], warnings: ["careful"] });
  const { status, body } = await send("/inject/cluster/x", review());
  assert.equal(status, 200);
  const { response, apiVersion } = JSON.parse(body);
  assert.equal(apiVersion, "admission.k8s.io/v1");
  assert.equal(response.uid, "u1");
  assert.equal(response.allowed, true);
  assert.equal(Buffer.from(response.patch, "base64").toString(), '[{"op":"add","path":"/spec/x","value":1}]');
  assert.deepEqual(response.warnings, ["careful"]);
  assert.equal(asked.at(-1)?.namespace, "n");
  const causes = [{ reason: "FieldValueInvalid", field: "spec.x", message: "bad" }];
  verdict = () => ({ refusal: { code: 422, reason: "Invalid", message: "spec.x: bad", causes } });
  const refused = JSON.parse((await send("/inject", review())).body).response;
  assert.equal(refused.allowed, false);
  assert.equal(refused.status.message, "spec.x: bad");
  assert.deepEqual(refused.status.details, { group: "", kind: "Pod", name: "a-", causes });
});

test("what no API server sends is refused", async () => {
  const statuses = await Promise.all([
    send("/elsewhere", review()),
    send("/constructor", review()),
    send("/inject", review(), { method: "PUT" }),
    send("/inject", review(), { type: "text/plain" }),
    send("/inject", "not json"),
    send("/inject", JSON.stringify({ apiVersion: "admission.k8s.io/v1beta1", kind: "AdmissionReview" })),
    send("/inject", review({ no: "object" })),
  ]);
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [404, 404, 405, 415, 400, 400, 400],
  );
});

test("more than any object is not read to its end", async () => {
  const outcome = await send("/inject", "x".repeat(9 * 1024 * 1024)).then(
    ({ status }) => status,
    (error: NodeJS.ErrnoException) => error.code,
  );
  assert.ok([413, "EPIPE", "ECONNRESET"].includes(outcome ?? ""), String(outcome));
});

test("a judge that fails is a server's error, which the API server's failure policy decides about", async () => {
  verdict = () => {
    throw new Error("oops");
  };
  assert.equal((await send("/inject", review())).status, 500);
  assert.match(String(errors.pop()), /oops/);
  verdict = () => ({});
});

test("a renewed certificate is shown to new connections", async () => {
  const { serial } = await send("/inject", review());
  await renew();
  assert.notEqual((await send("/inject", review())).serial, serial);
});
