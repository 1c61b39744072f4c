import assert from "node:assert/strict";
import { test } from "node:test";
import { annotated, bootstrapOf } from "./testing.ts";

/** As SPIRE's documentation for Istio writes it. */
const SPIRE = `
spec:
  containers:
    - name: istio-proxy
      volumeMounts: [{name: workload-socket, mountPath: /run/secrets/workload-spiffe-uds, readOnly: true}]
  volumes:
    - name: workload-socket
      csi: {driver: csi.spiffe.io, readOnly: true}
`;

test("a pod that mounts an agent's socket gets a proxy that asks there", () => {
  const settings = { templates: { spire: SPIRE } };
  const bootstrap = (annotations: Record<string, string>): string => bootstrapOf(annotated(annotations, settings));
  const path = '"pipe":{"path":"/var/run/secrets/workload-spiffe-uds/socket"}';
  assert.ok(bootstrap({ "inject.istio.io/templates": "sidecar,spire" }).includes(path));
  const mount = '{"workload-socket": {"mountPath": "/var/run/secrets/workload-spiffe-uds"}}';
  assert.ok(bootstrap({ "sidecar.istio.io/userVolumeMount": mount }).includes(path));
  assert.ok(!bootstrap({}).includes("sds-grpc"));
});
