import { crdName } from "../../../../kinds/crd.ts";
import { gatewayApiKinds } from "../../../../kinds/gateway-api/index.ts";
import type { Store } from "../../../../store/store.ts";
import { listDefinitions } from "../definitions.ts";
import { type Finding, note, warning } from "../finding.ts";

const GET_IT = 'kubectl kustomize "github.com/kubernetes-sigs/gateway-api/config/crd?ref=v1.6.3" | kubectl apply -f -';

/** Kinds of the API's standard channel. Whoever uses others knows that they are experimental. */
const STANDARD = new Set(["GatewayClass", "Gateway", "HTTPRoute", "GRPCRoute", "ReferenceGrant"]);

/** The Gateway API is the cluster's own, and may come later: nothing here keeps an installation from being done. */
export async function checkGatewayApi(store: Store): Promise<Finding[]> {
  const there = new Map((await listDefinitions(store)).map((each) => [each.metadata.name, each]));
  const wanted = gatewayApiKinds
    .filter(({ type }) => STANDARD.has(type.kind))
    .map((kind) => ({
      name: crdName(kind),
      versions: [kind.type.version, ...(kind.otherVersions ?? [])],
    }));
  const missing = wanted.filter(({ name }) => !there.has(name));
  if (missing.length === wanted.length) {
    return [
      note("LTN5348", "the Gateway API is not installed; Istio's own Gateways work without it", `To use it: ${GET_IT}`),
    ];
  }
  const old = wanted.filter(({ name, versions }) => {
    const definition = there.get(name);
    return definition && !definition.spec.versions.some((each) => versions.includes(each.name) && each.served);
  });
  const lacks = [
    ...missing.map(({ name }) => `${name} is missing`),
    ...old.map(({ name, versions }) => `${name} is not served as ${versions.join(" or ")}`),
  ];
  if (lacks.length === 0) return [];
  return [
    warning(
      "LTN5348",
      `the Gateway API in this cluster is older than what lateen reads; these kinds will not work:\n  ${lacks.join("\n  ")}`,
      `To bring it up to date: ${GET_IT}`,
    ),
  ];
}
