/** CUSTOM policies whose provider cannot be asked: what they match is denied, and their owners are told. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { authorizationPolicyKind } from "../../kinds/istio/authorization-policy.ts";
import type { MeshInputs } from "../inputs.ts";
import type { StatusRow } from "../status-row.ts";
import { type AuthorizationPolicies, providerOf } from "./authorization.ts";
import type { AuthorizationPolicy } from "./authorization-model.ts";

export function wireProviderStatuses(
  graph: Graph,
  { authorizationPolicies }: Pick<MeshInputs, "authorizationPolicies">,
  policies: AuthorizationPolicies,
): Collection<StatusRow> {
  return graph.derive<AuthorizationPolicy, StatusRow>(
    "providers that policies lack",
    policies.rows,
    (key, { action, provider: named, origin: { namespace, name } }, read) => {
      if (action !== "CUSTOM") return undefined;
      const { provider, host } = providerOf(policies, read, namespace, named);
      if (provider) return undefined;
      const observedGeneration = read.get(authorizationPolicies, key)?.metadata.generation ?? 0;
      const why =
        host === ""
          ? `the mesh has no usable extension provider "${named}" that authorizes; name one of its extensionProviders, or correct it`
          : `there is no service ${host} with the port of provider "${named}"; create it, or correct the provider`;
      const condition = {
        type: "ProviderFound",
        status: "False",
        reason: host === "" ? "ProviderNotFound" : "ServiceNotFound",
        message: `spec.provider.name: ${why}. Until then all that this policy matches is denied.`,
        observedGeneration,
      };
      return {
        type: authorizationPolicyKind.type,
        namespace,
        name,
        status: { conditions: [condition], observedGeneration },
      };
    },
  );
}
