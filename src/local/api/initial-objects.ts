/** Objects that every cluster has from the start: the Service of this API, and the roles that people grant. */
import { clusterRoleBindingKind, clusterRoleKind, type PolicyRule } from "../../kinds/core/rbac.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { createOnce } from "../../store/create-once.ts";
import type { Store } from "../../store/store.ts";

const EVERYTHING: PolicyRule[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];
const MESH_GROUPS = [
  "networking.istio.io",
  "security.istio.io",
  "telemetry.istio.io",
  "extensions.istio.io",
  "policy.lateen.dev",
];
const LOOK = ["get", "list", "watch"];
/** Everything but secrets, with which one could become somebody else. */
const READ: PolicyRule[] = [
  {
    apiGroups: [""],
    resources: ["configmaps", "endpoints", "events", "namespaces", "pods", "pods/log", "serviceaccounts", "services"],
    verbs: LOOK,
  },
  {
    apiGroups: ["apps", "autoscaling", "batch", "discovery.k8s.io", "policy", "gateway.networking.k8s.io"],
    resources: ["*"],
    verbs: LOOK,
  },
  { apiGroups: MESH_GROUPS, resources: ["*"], verbs: LOOK },
];
const WRITE: PolicyRule[] = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];

/** Creates what is not there yet. The namespace `default` must exist. */
export async function createInitialObjects(store: Store): Promise<void> {
  await createOnce(store, serviceKind.type, {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: { ports: [{ name: "https", port: 443, targetPort: 443, protocol: "TCP" }] },
  });
  for (const [name, rules] of Object.entries({ "cluster-admin": EVERYTHING, admin: WRITE, edit: WRITE, view: READ })) {
    const metadata = { name, labels: { "kubernetes.io/bootstrapping": "rbac-defaults" } };
    await createOnce(store, clusterRoleKind.type, { ...rbac("ClusterRole"), metadata, rules });
  }
  await createOnce(store, clusterRoleBindingKind.type, {
    ...rbac("ClusterRoleBinding"),
    metadata: { name: "cluster-admin", labels: { "kubernetes.io/bootstrapping": "rbac-defaults" } },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:masters" }],
  });
}

function rbac(kind: string): { apiVersion: string; kind: string } {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind };
}
