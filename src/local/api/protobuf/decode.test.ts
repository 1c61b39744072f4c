import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProtobuf } from "./decode.ts";

/** A field in bytes; a text or message is written with its length. */
function bytes(number: number, content: Buffer | string): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return Buffer.from([...out, low]);
    out.push(low | 0x80);
  }
}

function integer(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

function envelope(apiVersion: string, kind: string, ...fields: Buffer[]): Buffer {
  const type = Buffer.concat([bytes(1, apiVersion), bytes(2, kind)]);
  return Buffer.concat([Buffer.from("k8s\0"), bytes(1, type), bytes(2, Buffer.concat(fields))]);
}

test("what nobody set is left out, and what is zero on purpose stays", () => {
  const spec = Buffer.concat([integer(1, 0), integer(5, 0), integer(7, 0)]);
  const body = envelope("apps/v1", "Deployment", bytes(1, bytes(1, "d")), bytes(2, spec), bytes(3, integer(1, 0)));
  assert.deepEqual(decodeProtobuf(body), {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: { replicas: 0 },
  });
});

test("maps, bytes, ports by name and fields that stand in their parent are read", () => {
  const data = bytes(2, Buffer.concat([bytes(1, "key"), bytes(2, Buffer.from([0, 255]))]));
  assert.deepEqual(decodeProtobuf(envelope("v1", "Secret", data)).data, { key: "AP8=" });
  const port = Buffer.concat([integer(3, 80), bytes(4, Buffer.concat([integer(1, 1), bytes(3, "http")]))]);
  const service = decodeProtobuf(envelope("v1", "Service", bytes(2, bytes(1, port))));
  assert.deepEqual(service.spec, { ports: [{ port: 80, targetPort: "http" }] });
  const volume = Buffer.concat([bytes(1, "v"), bytes(2, bytes(2, ""))]);
  const pod = decodeProtobuf(envelope("v1", "Pod", bytes(2, bytes(1, volume))));
  assert.deepEqual(pod.spec, { volumes: [{ name: "v", emptyDir: {} }] });
});

test("a negative number is negative", () => {
  const toleration = bytes(22, integer(5, -1));
  const pod = decodeProtobuf(envelope("v1", "Pod", bytes(2, toleration)));
  assert.deepEqual(pod.spec, { tolerations: [{ tolerationSeconds: -1 }] });
});

test("what would be lost is refused", () => {
  const unknown = envelope("v1", "ConfigMap", bytes(99, "something"));
  assert.throws(() => decodeProtobuf(unknown), /unknown format/);
  assert.throws(() => decodeProtobuf(envelope("v1", "Unheard", bytes(1, "x"))), /unknown format/);
  assert.throws(() => decodeProtobuf(Buffer.from([0x6b, 0x38, 0x73, 0, 0x0a, 9])), /cannot be read/);
});
