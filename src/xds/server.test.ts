import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "#envoy/service/discovery/v3/discovery_pb.js";
import { CLUSTER } from "../envoy/types.ts";
import { authenticator } from "../identity/authenticator.ts";
import { Authority } from "../identity/authority.ts";
import { constantAuthority } from "../identity/authority-source.ts";
import { createAuthority } from "../identity/self-signed.ts";
import { serverCertificate } from "../identity/server-certificate.ts";
import { DiscoveryServer, streamAge } from "./server.ts";
import { brief } from "./testing/fake-proxy.ts";
import { FakeSource, pushing } from "./testing/fake-source.ts";

type Request = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

const METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

const directory = mkdtempSync(join(tmpdir(), "lateen-xds-"));
const stop = new AbortController();
const source = new FakeSource();
const logged: string[] = [];
const log = {
  info: (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`),
  warn: (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`),
};
let server: DiscoveryServer;
let roots: Buffer;
let port: number;
const socket = join(directory, "xds.sock");

/** Tokens of this test: the pod's name, audience and end are what they say. */
function token(pod: string, { audience = "istio-ca", exp = Date.now() / 1000 + 3600 } = {}): string {
  const payload = Buffer.from(JSON.stringify({ pod, audience, exp })).toString("base64url");
  return `e30.${payload}.s`;
}

before(async () => {
  const authority = await Authority.load(await createAuthority("cluster.local"), "test");
  roots = Buffer.from(authority.roots);
  const identity = await serverCertificate({
    authority: constantAuthority(authority),
    dnsNames: ["localhost", "istiod.istio-system.svc"],
    signal: stop.signal,
    onError: assert.fail,
  });
  const authenticate = authenticator({
    review: async (reviewed) => {
      const claims = JSON.parse(Buffer.from(reviewed.split(".")[1] ?? "", "base64url").toString());
      return {
        authenticated: claims.pod !== "stranger",
        audiences: [claims.audience],
        user: {
          username: "system:serviceaccount:default:default",
          extra: {
            "authentication.kubernetes.io/pod-name": [claims.pod],
            "authentication.kubernetes.io/pod-uid": ["u"],
          },
        },
      };
    },
  });
  server = new DiscoveryServer({ source, authenticate, identity, log });
  port = await server.listen({ host: "127.0.0.1", port: 0 });
  await server.listen({ path: socket });
  source.defaultView = pushing({ [CLUSTER]: [] });
});

after(async () => {
  await server.close();
  stop.abort();
  rmSync(directory, { recursive: true });
});

interface Dial {
  authorization?: string;
  target?: string;
  plaintext?: boolean;
  method?: string;
}

function dial({ authorization, target = `localhost:${port}`, plaintext = false, method = METHOD }: Dial) {
  const channel = plaintext ? credentials.createInsecure() : credentials.createSsl(roots);
  const client = new Client(target, channel, { "grpc.ssl_target_name_override": "istiod.istio-system.svc" });
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set("authorization", authorization);
  const stream: ClientDuplexStream<Request, DeltaDiscoveryResponse> = client.makeBidiStreamRequest(
    method,
    (request: Request) =>
      Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request))),
    (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
    metadata,
  );
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    stream.on("error", resolve);
    stream.on("end", () => resolve(undefined));
  }).finally(() => client.close());
  const first = new Promise<DeltaDiscoveryResponse>((resolve) => stream.once("data", resolve));
  return { stream, ended, first };
}

function node(pod: string, namespace = "default"): Request {
  return { typeUrl: CLUSTER, node: { id: `sidecar~10.0.0.1~${pod}.${namespace}~default.svc.cluster.local` } };
}

test("a pod with its token is served, over TCP and over the unix socket", async () => {
  for (const target of [`localhost:${port}`, `unix:${socket}`]) {
    const { stream, first, ended } = dial({ authorization: `Bearer ${token("a")}`, target });
    stream.write(node("a"));
    assert.equal(brief(await first), "Cluster");
    assert.equal(server.hub.status()[0]?.proxy.serviceAccount, "default");
    stream.end();
    await ended;
  }
});

test("who brings no good token learns why and gets nothing", async () => {
  const attempts: [string | undefined, RegExp][] = [
    [undefined, /LTN6011/],
    ["Bearer garbage", /LTN6012/],
    [`Bearer ${token("a", { exp: 1 })}`, /LTN6013/],
    [`Bearer ${token("stranger")}`, /LTN6014/],
    [`Bearer ${token("a", { audience: "vault" })}`, /LTN6015/],
  ];
  for (const [authorization, reason] of attempts) {
    const { stream, ended } = dial(authorization === undefined ? {} : { authorization });
    stream.on("data", () => assert.fail("got something"));
    stream.write(node("a"));
    const error = await ended;
    assert.equal(error?.code, status.UNAUTHENTICATED);
    assert.match(error?.details ?? "", reason);
  }
  assert.ok(logged.some((line) => line.includes("LTN6011")));
  assert.ok(!logged.some((line) => line.includes(token("stranger"))), "no token in the log");
});

test("a pod's token does not open another pod's configuration", async () => {
  for (const claim of [node("b"), node("a", "other")]) {
    const { stream, ended } = dial({ authorization: `Bearer ${token("a")}` });
    stream.on("data", () => assert.fail("got something"));
    stream.write(claim);
    const error = await ended;
    assert.equal(error?.code, status.PERMISSION_DENIED);
    assert.match(error?.details ?? "", /LTN6105: the token is that of pod a in default/);
  }
  assert.ok(logged.some((line) => line.includes("LTN6105")));
});

test("a node id that is not of our form is refused", async () => {
  for (const id of ["", "sidecar~1.2.3.4~a", "sidecar~1.2.3.4~.default~x", "ztunnel~1.2.3.4~a.default~x"]) {
    const { stream, ended } = dial({ authorization: `Bearer ${token("a")}` });
    stream.write({ typeUrl: CLUSTER, node: { id } });
    assert.equal((await ended)?.code, status.INVALID_ARGUMENT);
  }
});

test("a plaintext connection gets nowhere", async () => {
  const { stream, ended } = dial({ authorization: `Bearer ${token("a")}`, plaintext: true });
  stream.write(node("a"));
  assert.equal((await ended)?.code, status.UNAVAILABLE);
});

test("a state-of-the-world stream is told what to set", async () => {
  const method = METHOD.replace("Delta", "Stream");
  const { ended } = dial({ authorization: `Bearer ${token("a")}`, method });
  const error = await ended;
  assert.equal(error?.code, status.UNIMPLEMENTED);
  assert.match(error?.details ?? "", /LTN6101.*DELTA_GRPC/);
});

test("of two streams of one proxy the newer is served", async () => {
  const older = dial({ authorization: `Bearer ${token("a")}` });
  older.stream.write(node("a"));
  await older.first;
  const newer = dial({ authorization: `Bearer ${token("a")}` });
  newer.stream.write(node("a"));
  await newer.first;
  assert.equal((await older.ended)?.code, status.ABORTED);
  assert.equal(server.hub.status().length, 1);
  newer.stream.end();
  await newer.ended;
  assert.equal(server.hub.status().length, 0);
});

test("a stream ends in good time before its token does", async () => {
  const { stream, first, ended } = dial({ authorization: `Bearer ${token("a", { exp: Date.now() / 1000 + 1 })}` });
  stream.write(node("a"));
  await first;
  assert.equal(await ended, undefined, "without an error: Envoy comes back at once");
  assert.equal(streamAge(3_600_000), 3_240_000, "in the last tenth, when the kubelet has renewed the file");
  assert.equal(streamAge(200_000), 170_000);
  assert.ok(streamAge(Number.POSITIVE_INFINITY) > 0);
});
