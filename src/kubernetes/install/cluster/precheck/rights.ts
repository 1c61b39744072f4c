/** Whether who installs may do it, asked before anything is done. */
import type { KubeObject, ResourceType } from "../../../../store/object.ts";
import type { Store } from "../../../../store/store.ts";
import { error, type Finding } from "../finding.ts";
import { nameOf, typeOf } from "../objects.ts";

/** What it takes to install. */
const VERBS = ["get", "list", "create", "patch", "delete"];

const REVIEWS: ResourceType = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
  kind: "SelfSubjectAccessReview",
  namespaced: false,
};

interface Attributes {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
}

interface Review extends KubeObject {
  spec: { resourceAttributes: Attributes };
  status?: { allowed?: boolean };
}

export async function checkRights(
  store: Store,
  objects: readonly KubeObject[],
  verbs: readonly string[] = VERBS,
): Promise<Finding[]> {
  if (await allowed(store, { verb: "*", group: "*", resource: "*" })) return [];
  const wanted = new Map<string, Attributes>();
  for (const object of objects) {
    const { group, plural } = typeOf(object);
    const { namespace } = nameOf(object);
    for (const verb of verbs) {
      const attributes = { verb, group, resource: plural, ...(namespace !== undefined && { namespace }) };
      wanted.set(JSON.stringify(attributes), attributes);
    }
  }
  const all = [...wanted.values()];
  const answers = await Promise.all(all.map((attributes) => allowed(store, attributes)));
  const denied = all.filter((_, i) => !answers[i]);
  if (denied.length === 0) return [];
  return [
    error(
      "LTN5343",
      `you lack rights that this takes:\n${inLines(denied).join("\n")}`,
      "Use the credentials of a cluster administrator (--context, --kubeconfig), or have these rights granted.",
    ),
  ];
}

async function allowed(store: Store, resourceAttributes: Attributes): Promise<boolean> {
  const { status } = await store.create<Review>(REVIEWS, {
    apiVersion: "authorization.k8s.io/v1",
    kind: REVIEWS.kind,
    metadata: { name: "" },
    spec: { resourceAttributes },
  });
  return status?.allowed === true;
}

/** `create, patch deployments.apps in istio-system`. */
function inLines(denied: readonly Attributes[]): string[] {
  const byResource = Map.groupBy(denied, ({ group, resource, namespace }) => {
    const name = group === "" ? resource : `${resource}.${group}`;
    return namespace === undefined ? name : `${name} in ${namespace}`;
  });
  return [...byResource].map(([resource, each]) => `  ${each.map(({ verb }) => verb).join(", ")} ${resource}`);
}
