/** Who may be whom: what a thief gets who reaches the control plane from inside the cluster. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { DeltaDiscoveryRequestSchema } from "#envoy/service/discovery/v3/discovery_pb.js";
import { IstioCertificateRequestSchema } from "#proto/istio/v1/auth/ca_pb.js";
import { SECRET } from "../../src/envoy/types.ts";
import { x509 } from "../../src/identity/x509.ts";
import { openWorld } from "../support/open-world.ts";
import { IDLE, list, say, scripted } from "../support/scripted-pods.ts";

const XDS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
const CSR = "/istio.v1.auth.IstioCertificateService/CreateCertificate";
const KEYS = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** What came back: the status of gRPC (undefined: the stream goes on, or there was none), and the bytes in between. */
interface Heard {
  status?: string;
  message?: string;
  error?: string;
  body: Buffer;
}

describe("an attacker in the cluster", { timeout: 300_000 }, () => {
  const world = openWorld();
  let root = "";
  let victim = "";

  before(async () => {
    await world.start("up");
    await world.kubectl("create", "namespace", "plain");
    await world.apply(list(...["thief", "victim"].flatMap((name) => scripted(name, "plain", IDLE))));
    await world.kubectl("wait", "-n", "plain", "--for=condition=available", "--timeout=120s", "deployment", "--all");
    root = await world.kubectl(
      ...["get", "configmap", "-n", "plain", "istio-ca-root-cert", "-o", "jsonpath={.data.root-cert\\.pem}"],
    );
    victim = await podOf("victim");
  });
  after(() => world.end());

  const podOf = (app: string) =>
    world.kubectl("get", "pod", "-n", "plain", "-l", `app=${app}`, "-o", "jsonpath={.items[0].metadata.name}");

  /** A token as the kubelet puts it into a pod. */
  const tokenOf = async (app: string, audience = "istio-ca"): Promise<string> => {
    const bound = ["--bound-object-kind=Pod", `--bound-object-name=${await podOf(app)}`];
    return (await world.kubectl("create", "token", "-n", "plain", app, `--audience=${audience}`, ...bound)).trim();
  };

  /** Calls the control plane from the thief's pod. */
  const call = async (path: string, message: Uint8Array, token?: string, scheme = "https"): Promise<Heard> => {
    const frame = Buffer.concat([Buffer.from([0]), length(message), message]).toString("base64");
    const headers = {
      ":method": "POST",
      ":path": path,
      te: "trailers",
      "content-type": "application/grpc",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const said = await say(
      world,
      "plain",
      "thief",
      `const heard = { body: "" };
      const done = () => { console.log(JSON.stringify(heard)); process.exit(); };
      const options = { ca: ${JSON.stringify(root)} };
      const session = require("http2").connect("${scheme}://istiod.istio-system.svc:15012", options);
      const failed = (error) => { heard.error = error.code ?? String(error); done(); };
      const seen = (headers) => {
        if (headers["grpc-status"] !== undefined) heard.status = headers["grpc-status"];
        if (headers["grpc-message"] !== undefined) heard.message = decodeURIComponent(headers["grpc-message"]);
      };
      session.on("error", failed);
      const stream = session.request(${JSON.stringify(headers)});
      const chunks = [];
      stream.on("response", seen).on("trailers", seen).on("error", failed).on("data", (chunk) => {
        chunks.push(chunk);
        heard.body = Buffer.concat(chunks).toString("base64");
        setTimeout(done, 500);
      });
      stream.on("end", done).on("close", done);
      // not ended: a stream of xDS would end too
      stream.write(Buffer.from("${frame}", "base64"));
      setTimeout(done, 5000);`,
    );
    const heard: { status?: string; message?: string; error?: string; body: string } = JSON.parse(said);
    return { ...heard, body: Buffer.from(heard.body, "base64") };
  };

  const discovery = (pod: string, namespace = "plain") =>
    toBinary(
      DeltaDiscoveryRequestSchema,
      create(DeltaDiscoveryRequestSchema, {
        typeUrl: SECRET,
        node: { id: `sidecar~10.0.0.1~${pod}.${namespace}~${namespace}.svc.cluster.local` },
        resourceNamesSubscribe: ["default"],
      }),
    );

  const request = async (names: readonly string[] = []): Promise<Uint8Array> => {
    const keys = await crypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
    const altNames = names.map((value) => ({ type: "url" as const, value }));
    const made = await x509.Pkcs10CertificateRequestGenerator.create({
      name: "CN=thief",
      keys,
      signingAlgorithm: KEYS,
      extensions: [new x509.SubjectAlternativeNameExtension(altNames)],
    });
    const message = create(IstioCertificateRequestSchema, { csr: made.toString("pem") });
    return toBinary(IstioCertificateRequestSchema, message);
  };

  const refused = (heard: Heard, status: string, reason: RegExp): void => {
    assert.equal(heard.status, status, JSON.stringify(heard));
    assert.match(heard.message ?? "", reason);
    assert.equal(heard.body.length, 0);
  };

  test("with a pod's token gets neither another pod's configuration nor its certificate", async () => {
    const token = await tokenOf("thief");
    refused(await call(XDS, discovery(victim), token), "7", /LTN6105/);
    refused(await call(XDS, discovery(await podOf("thief"), "istio-system"), token), "7", /LTN6105/);
    const own = await call(XDS, discovery(await podOf("thief")), token);
    assert.match(own.body.toString("latin1"), /BEGIN PRIVATE KEY/, "but gets its own");
  });

  test("with a pod's token gets a certificate in its own name, whatever it asks for", async () => {
    const asked = await request([
      "spiffe://cluster.local/ns/plain/sa/victim",
      "spiffe://cluster.local/ns/istio-system/sa/istiod",
    ]);
    const { body } = await call(CSR, asked, await tokenOf("thief"));
    const [pem = ""] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(body.toString("latin1")) ?? [];
    assert.equal(new X509Certificate(pem).subjectAltName, "URI:spiffe://cluster.local/ns/plain/sa/thief");
  });

  test("without a token, with one for others, or with one of its own making gets nothing", async () => {
    const [header = "", payload = "", signature = ""] = (await tokenOf("thief")).split(".");
    const claims = Buffer.from(payload, "base64url").toString().replaceAll("thief", "victim");
    const forged = `${header}.${Buffer.from(claims).toString("base64url")}.${signature}`;
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(claims).toString("base64url")}.x`;
    const other = await tokenOf("victim", "vault");
    for (const [path, message] of [
      [XDS, discovery(victim)],
      [CSR, await request()],
    ] as const) {
      refused(await call(path, message), "16", /LTN6011/);
      refused(await call(path, message, other), "16", /LTN601[45]/);
      refused(await call(path, message, forged), "16", /LTN6014/);
      refused(await call(path, message, none), "16", /LTN6014/);
    }
  });

  test("with the token of a pod that is gone gets nothing", async () => {
    const token = await tokenOf("victim");
    await world.kubectl("delete", "deployment", "-n", "plain", "victim");
    await world.kubectl("wait", "-n", "plain", "--for=delete", "--timeout=60s", `pod/${victim}`);
    refused(await call(XDS, discovery(victim), token), "16", /LTN6014/);
    refused(await call(CSR, await request(), token), "16", /LTN6014/);
  });

  test("without TLS gets nowhere", async () => {
    const heard = await call(XDS, discovery(await podOf("thief")), await tokenOf("thief"), "http");
    assert.deepEqual([heard.status, heard.body.length], [undefined, 0]);
  });
});

function length(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(message.length);
  return bytes;
}
