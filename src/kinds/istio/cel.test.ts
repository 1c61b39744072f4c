import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../store/object.ts";
import { toCrd } from "../crd.ts";
import { istioKinds } from "./index.ts";

const REFUSED = join(import.meta.dirname, "testdata/refused.yaml");

/** Every part of a definition's schema that has rules. */
function* ruled(schema: unknown, path: string): Generator<string> {
  if (typeof schema !== "object" || schema === null) return;
  if ("x-kubernetes-validations" in schema || "oneOf" in schema || "allOf" in schema) yield path;
  for (const [name, part] of Object.entries(Reflect.get(schema, "properties") ?? {}))
    yield* ruled(part, `${path}.${name}`);
  yield* ruled(Reflect.get(schema, "items"), `${path}[]`);
  yield* ruled(Reflect.get(schema, "additionalProperties"), `${path}.*`);
}

describe("what a definition's rules refuse, the control plane refuses too, with a remedy", () => {
  for (const document of parseAllDocuments(readFileSync(REFUSED, "utf8"))) {
    const object: KubeObject = document.toJS();
    test(object.kind, () => {
      const kind = istioKinds.find(({ type }) => type.kind === object.kind);
      assert.ok(kind?.validate);
      assert.notDeepEqual(kind.validate(object), []);
    });
  }
});

test("definitions have rules where Istio's have them", () => {
  const paths = (name: string): string[] => {
    const kind = istioKinds.find(({ type }) => type.kind === name);
    assert.ok(kind);
    const [version] = Object(toCrd(kind).spec).versions;
    return [...ruled(version.schema.openAPIV3Schema, "")];
  };
  const has = (name: string, ...wanted: string[]): void => {
    const there = paths(name);
    for (const path of wanted) assert.ok(there.includes(path), `${name} ${path}`);
  };
  has("VirtualService", ".spec.http[].timeout", ".spec.http[].match[].uri", ".spec.http[].fault.delay.fixedDelay");
  has("DestinationRule", ".spec.trafficPolicy.loadBalancer", ".spec.subsets[].trafficPolicy.outlierDetection.interval");
  has("ServiceEntry", ".spec", ".spec.ports", ".spec.endpoints[]", ".spec.endpoints[].address", ".spec.hosts[]");
  has("WorkloadEntry", ".spec", ".spec.ports", ".spec.ports.*");
  has("WorkloadGroup", ".spec.probe", ".spec.probe.httpGet.port", ".spec.template");
  has("Gateway", ".spec.servers[].tls");
  has("Sidecar", ".spec.ingress[].tls", ".spec.workloadSelector.labels.*");
  has("EnvoyFilter", ".spec", ".spec.configPatches[].match");
  has("PeerAuthentication", ".spec", ".spec.portLevelMtls", ".spec.selector.matchLabels");
  has("RequestAuthentication", ".spec", ".spec.jwtRules[]", ".spec.jwtRules[].jwksUri");
  has("AuthorizationPolicy", ".spec", ".spec.rules[].from[].source", ".spec.targetRefs[].namespace");
  has("Telemetry", ".spec", ".spec.metrics[].overrides[].tagOverrides.*", ".spec.tracing[].customTags.*");
  has("WasmPlugin", ".spec", ".spec.url", ".spec.vmConfig.env[]");
});
