/** What the control plane may do: what it reads to configure proxies, and the few things that it writes. */
import type { PolicyRule } from "../../../kinds/core/rbac.ts";
import { gatewayApiKinds } from "../../../kinds/gateway-api/index.ts";
import { meshKinds } from "../../../kinds/mesh-kinds.ts";
import type { KubeObject, ObjectMeta } from "../../../store/object.ts";
import type { Installation } from "../installation.ts";
import { clusterMeta, pilotMeta, revisioned } from "../names.ts";

const READ = ["get", "list", "watch"];
/** Server-side apply makes what is not there yet. */
const DEPLOY = ["create", "patch", "delete"];

const rule = (apiGroup: string, resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
  ...(resourceNames && { resourceNames }),
});

export function roles(installation: Installation): KubeObject[] {
  const { revision, namespace } = installation;
  const everywhere = (name: string): ObjectMeta =>
    clusterMeta(installation, `${revisioned(name, revision)}-${namespace}`);
  const account = { kind: "ServiceAccount", name: revisioned("istiod", revision), namespace };
  return [
    ...granted("Cluster", everywhere("istiod-clusterrole"), readingRules(installation), account),
    ...granted("Cluster", everywhere("istiod-gateway-controller"), GATEWAYS, account),
    ...granted("", pilotMeta(installation, account.name), NAMESPACE, account),
  ];
}

function granted(scope: "Cluster" | "", metadata: ObjectMeta, rules: PolicyRule[], account: object): KubeObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: `${scope}Role`, name: metadata.name };
  return [
    { apiVersion, kind: `${scope}Role`, metadata, rules },
    { apiVersion, kind: `${scope}RoleBinding`, metadata, roleRef, subjects: [account] },
  ];
}

function readingRules({ revision, namespace }: Installation): PolicyRule[] {
  const validators = [`${revisioned("istio-validator", revision)}-${namespace}`, "istiod-default-validator"];
  return [
    // Where requests can go.
    rule("", ["pods", "services", "namespaces"], READ),
    rule("discovery.k8s.io", ["endpointslices"], READ),
    // What is configured, and what became of it.
    ...groups(meshKinds).flatMap(([group, plurals]) => [
      rule(group, plurals, READ),
      rule(group, statusOf(plurals), ["patch"]),
    ]),
    ...groups(gatewayApiKinds).flatMap(([group, plurals]) => [
      // All of them: which exist depends on the channel that the cluster has.
      rule(group, ["*"], READ),
      rule(group, statusOf(plurals), ["patch"]),
    ]),
    rule("gateway.networking.k8s.io", ["gatewayclasses"], ["create"]),
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], READ),
    // Roots of trust and remembered uses, which it keeps in every namespace; what proxies reject; credentials of gateways.
    rule("", ["configmaps"], [...READ, "create"]),
    rule("", ["configmaps"], ["patch"], ["istio-ca-root-cert", "lateen-uses"]),
    rule("", ["secrets"], READ),
    // Who a proxy is.
    rule("authentication.k8s.io", ["tokenreviews"], ["create"]),
    // The certificate by which the API server knows its webhooks. Tags are webhooks of any name.
    rule("admissionregistration.k8s.io", ["mutatingwebhookconfigurations"], [...READ, "patch"]),
    rule("admissionregistration.k8s.io", ["validatingwebhookconfigurations"], READ),
    rule("admissionregistration.k8s.io", ["validatingwebhookconfigurations"], ["patch"], validators),
  ];
}

/** Proxies for Gateways of the Gateway API. */
const GATEWAYS: PolicyRule[] = [
  rule("apps", ["deployments"], DEPLOY),
  rule("", ["services", "serviceaccounts"], DEPLOY),
];

/** In the control plane's own namespace. */
const NAMESPACE: PolicyRule[] = [
  // Its CA: made once, and found by all replicas.
  rule("", ["secrets"], ["create"]),
  // It is renewed before it ends, and which CA issues while another takes its place is written down.
  rule("", ["secrets"], ["update"], ["istio-ca-secret", "lateen-ca"]),
  // Which of the replicas writes, and what each knows that the others should.
  rule("coordination.k8s.io", ["leases"], ["get", "create", "update"]),
  rule("", ["configmaps"], ["patch"], ["lateen-key-sets", "lateen-rejections"]),
  // A dry run that must be refused shows that validation works.
  rule("networking.istio.io", ["gateways"], ["create"]),
];

function groups(kinds: readonly { type: { group: string; plural: string } }[]): [string, string[]][] {
  const plurals = new Map<string, string[]>();
  for (const { type } of kinds) plurals.set(type.group, [...(plurals.get(type.group) ?? []), type.plural]);
  return [...plurals];
}

function statusOf(plurals: readonly string[]): string[] {
  return plurals.map((plural) => `${plural}/status`);
}
