/** Who may do what: the owner and the node all, everybody what roles grant, the unknown nothing but asking for health. */
import {
  clusterRoleBindingKind,
  clusterRoleKind,
  type PolicyRule,
  type Role,
  type RoleBinding,
  roleBindingKind,
  roleKind,
  type Subject,
} from "../../kinds/core/rbac.ts";
import { StoreError } from "../../store/error.ts";
import type { Store } from "../../store/store.ts";
import type { User } from "./exchange.ts";

/** What is to be done: to a resource, or to a path that is none. */
export type Attributes =
  | {
      verb: string;
      group: string;
      /** With subresource: `pods/log`. */
      resource: string;
      namespace?: string | undefined;
      name?: string | undefined;
    }
  | { verb: string; path: string };

export interface Authorizer {
  allowed(user: User, attributes: Attributes): Promise<boolean>;
  /** All rules that hold for a user in a namespace. */
  rules(user: User, namespace: string): Promise<PolicyRule[]>;
}

const ALL: PolicyRule[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];

const HEALTH = ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/"];

const UNKNOWN: PolicyRule[] = [
  { nonResourceURLs: [...HEALTH, "/.well-known/openid-configuration", "/openid/v1/jwks"], verbs: ["get"] },
];

const AUTHENTICATED: PolicyRule[] = [
  ...UNKNOWN,
  { nonResourceURLs: ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"], verbs: ["get"] },
  {
    apiGroups: ["authorization.k8s.io"],
    resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    verbs: ["create"],
  },
  { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
];

export function authorizer(store: Store): Authorizer {
  const rules: Authorizer["rules"] = async (user, namespace) => {
    if (user.groups.includes("system:masters") || user.groups.includes("system:nodes")) return ALL;
    if (!user.groups.includes("system:authenticated")) return UNKNOWN;
    const granted = await grantedRules(store, user, namespace);
    return [...AUTHENTICATED, ...granted];
  };
  return {
    rules,
    async allowed(user, attributes) {
      const namespace = "path" in attributes ? "" : (attributes.namespace ?? "");
      return (await rules(user, namespace)).some((rule) => grants(rule, attributes));
    },
  };
}

async function grantedRules(store: Store, user: User, namespace: string): Promise<PolicyRule[]> {
  const everywhere = await store.list<RoleBinding>(clusterRoleBindingKind.type);
  const here = namespace === "" ? { items: [] } : await store.list<RoleBinding>(roleBindingKind.type, { namespace });
  const bindings = [...everywhere.items, ...here.items].filter((binding) =>
    binding.subjects?.some((subject) => isUser(subject, user, binding.metadata.namespace)),
  );
  const rules = bindings.map(async ({ roleRef, metadata }) => {
    const at =
      roleRef.kind === "Role" ? { namespace: metadata.namespace ?? "", name: roleRef.name } : { name: roleRef.name };
    const type = roleRef.kind === "Role" ? roleKind.type : clusterRoleKind.type;
    const role = await store.get<Role>(type, at).catch(() => undefined);
    return role?.rules ?? [];
  });
  return (await Promise.all(rules)).flat();
}

function isUser(subject: Subject, user: User, namespace: string | undefined): boolean {
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  if (subject.kind === "User") return subject.name === user.username;
  return user.username === `system:serviceaccount:${subject.namespace ?? namespace ?? ""}:${subject.name}`;
}

function grants(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if ("path" in attributes) {
    return (rule.nonResourceURLs ?? []).some(
      (url) => url === attributes.path || (url.endsWith("*") && attributes.path.startsWith(url.slice(0, -1))),
    );
  }
  const { group, resource, name } = attributes;
  const subresource = resource.split("/")[1];
  const names = rule.resourceNames ?? [];
  return (
    has(rule.apiGroups, group) &&
    (has(rule.resources, resource) || (subresource !== undefined && has(rule.resources, `*/${subresource}`))) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

function has(list: readonly string[] | undefined, item: string): boolean {
  return list?.some((one) => one === "*" || one === item) ?? false;
}

export function forbidden(user: User, attributes: Attributes): StoreError {
  const who = `User ${JSON.stringify(user.username)}`;
  if ("path" in attributes) {
    return new StoreError(
      "Forbidden",
      `forbidden: ${who} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`,
    );
  }
  const { group, resource, namespace, name, verb } = attributes;
  const [plural = ""] = resource.split("/");
  const what = group === "" ? plural : `${plural}.${group}`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  return new StoreError(
    "Forbidden",
    `${what}${name === undefined ? "" : ` ${JSON.stringify(name)}`} is forbidden: ${who} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`,
    { details: { ...(group !== "" && { group }), kind: plural, ...(name !== undefined && { name }) } },
  );
}
