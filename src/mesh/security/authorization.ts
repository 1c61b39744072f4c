/** AuthorizationPolicies as rows, and what they come to for a workload. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { AuthorizationPolicy as PolicyObject } from "../../kinds/istio/authorization-policy.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshSettings } from "../model.ts";
import { findService, type Services } from "../services.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import type { Authorization, AuthorizationPolicy } from "./authorization-model.ts";
import { ruleOf } from "./authorization-rules.ts";
import type { ExtAuthzProvider } from "./extension-providers.ts";
import {
  type PolicySelection,
  type PolicySubject,
  policyHead,
  selectedPolicies,
  wirePolicySelection,
} from "./policy-selection.ts";

/** Istio's: `"true"` on a policy that is only tried. */
const DRY_RUN = "istio.io/dry-run";

export interface AuthorizationPolicies {
  rows: Collection<AuthorizationPolicy>;
  selection: PolicySelection<AuthorizationPolicy>;
  services: Services;
  settings: Collection<MeshSettings>;
}

export function wireAuthorization(
  graph: Graph,
  inputs: Pick<MeshInputs, "authorizationPolicies">,
  settings: Collection<MeshSettings>,
  services: Services,
): AuthorizationPolicies {
  const rows = graph.derive<PolicyObject, AuthorizationPolicy>(
    "authorization policies",
    inputs.authorizationPolicies,
    (_key, object, read) => policyOf(object, read.get(settings, "") ?? DEFAULT_SETTINGS),
  );
  return { rows, selection: wirePolicySelection(graph, rows, settings), services, settings };
}

function policyOf(object: PolicyObject, settings: MeshSettings): AuthorizationPolicy {
  const { metadata, spec = {} } = object;
  const { namespace = "", annotations = {} } = metadata;
  return {
    ...policyHead("security.istio.io/AuthorizationPolicy", object),
    action: spec.action ?? "ALLOW",
    dryRun: /^(1|t|true)$/i.test(annotations[DRY_RUN] ?? ""),
    provider: spec.provider?.name ?? "",
    rules: (spec.rules ?? []).map((rule) => ruleOf({ namespace, trustDomains: settings }, rule)),
  };
}

/** A provider by its name, if there is a service behind it that clients in the namespace can see. */
export function providerOf(
  { services, settings }: Pick<AuthorizationPolicies, "services" | "settings">,
  read: Reader,
  client: string,
  name: string,
): { provider?: ExtAuthzProvider; host: string } {
  const provider = read.get(settings, "")?.extAuthzProviders.find((each) => each.name === name);
  if (!provider) return { host: "" };
  const slash = provider.service.indexOf("/");
  const host = provider.service.slice(slash + 1);
  const service = findService(services, read, client, host.toLowerCase());
  if (!service || (slash >= 0 && service.namespace !== provider.service.slice(0, slash))) return { host };
  return service.ports.some(({ number }) => number === provider.port) ? { provider, host: service.host } : { host };
}

/** Undefined when no policy is for the workload: then everything is allowed. */
export function authorizationOf(
  policies: AuthorizationPolicies,
  read: Reader,
  subject: PolicySubject,
): Authorization | undefined {
  const selected = selectedPolicies(policies.selection, read, subject);
  if (selected.length === 0) return undefined;
  const of = (action: AuthorizationPolicy["action"]) => selected.filter((policy) => policy.action === action);
  const custom = [...Map.groupBy(of("CUSTOM"), ({ provider }) => provider)].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    custom: custom.map(([name, asking]) => ({
      name,
      policies: asking,
      ...providerOf(policies, read, subject.namespace, name),
    })),
    audit: of("AUDIT"),
    deny: of("DENY"),
    allow: of("ALLOW"),
  };
}
