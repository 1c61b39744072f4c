import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerMode } from "../../mesh/security/peer-modes.ts";
import { type Way, waysOf } from "./inbound-ways.ts";

/** `tls istio: mutual http`: what a connection looks like, and what becomes of it. */
function told({ transportProtocol, applicationProtocols = [], endsTls, http }: Way): string {
  const [offered] = applicationProtocols;
  return `${transportProtocol ?? "any"}${offered ? ` ${offered}` : ""}: ${endsTls ? "mutual " : ""}${http ? "http" : "bytes"}`;
}

const EXPECTED: Record<"HTTP" | "TCP" | "Auto", Record<PeerMode, string[]>> = {
  HTTP: {
    Strict: ["tls: mutual http"],
    Permissive: ["tls: mutual http", "raw_buffer: http"],
    Disable: ["any: http"],
  },
  TCP: {
    Strict: ["tls istio-http/1.0: mutual bytes", "tls: mutual bytes"],
    Permissive: ["tls istio-http/1.0: mutual bytes", "tls: bytes", "raw_buffer: bytes"],
    Disable: ["any: bytes"],
  },
  Auto: {
    Strict: ["tls istio-http/1.0: mutual http", "tls istio: mutual bytes", "tls: mutual bytes"],
    Permissive: [
      "tls istio-http/1.0: mutual http",
      "raw_buffer http/1.0: http",
      "tls istio: mutual bytes",
      "tls: bytes",
      "raw_buffer: bytes",
    ],
    Disable: ["any http/1.0: http", "any: bytes"],
  },
};

for (const protocol of ["HTTP", "TCP", "Auto"] as const) {
  for (const mode of ["Strict", "Permissive", "Disable"] as const) {
    test(`${protocol} under ${mode} is told apart by transport and by what is offered`, () => {
      assert.deepEqual(waysOf(protocol, mode).map(told), EXPECTED[protocol][mode]);
    });
  }
}

test("the mesh's own connections come the same way whether plain text is taken too or not", () => {
  for (const protocol of ["HTTP", "TCP", "Auto"] as const) {
    const permissive = waysOf(protocol, "Permissive").filter(({ endsTls }) => endsTls);
    const strict = waysOf(protocol, "Strict");
    for (const way of permissive)
      assert.deepEqual(
        strict.filter(({ name }) => name === way.name),
        [way],
      );
  }
});

test("while plain text is being left its requests come their own way, and all else comes as it does later", () => {
  for (const protocol of ["HTTP", "TCP", "Auto"] as const) {
    const [leaving, permissive] = [waysOf(protocol, "Leaving"), waysOf(protocol, "Permissive")];
    assert.deepEqual(leaving.map(told), permissive.map(told));
    const gone = leaving.filter(({ name }) => permissive.every((way) => way.name !== name));
    assert.deepEqual(
      gone,
      leaving.filter(({ http, endsTls }) => http && !endsTls),
    );
  }
});

test("each chain of a port has a name of its own", () => {
  for (const mode of ["Strict", "Permissive", "Disable"] as const) {
    const names = waysOf("Auto", mode).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  }
});
