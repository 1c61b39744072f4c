import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleFile } from "./kubernetes.ts";

test("parts that Kubernetes takes from its own repository come from the modules of the same version", () => {
  const kubernetes = `module k8s.io/kubernetes

go 1.24.0

godebug default=go1.24

require (
	bitbucket.org/bertimus9/systemstat v0.5.0
	k8s.io/api v0.0.0
)

replace (
	k8s.io/kubelet => ./staging/src/k8s.io/kubelet
	k8s.io/api => ./staging/src/k8s.io/api
)
`;
  assert.equal(
    moduleFile(kubernetes, "1.34.4"),
    `module lateen/kubernetes
go 1.24.0
godebug default=go1.24
require k8s.io/kubernetes v1.34.4
replace (
	k8s.io/api => k8s.io/api v0.34.4
	k8s.io/kubelet => k8s.io/kubelet v0.34.4
)
`,
  );
});
