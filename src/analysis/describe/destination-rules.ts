import { destinationRuleKind } from "../../kinds/istio/destination-rule.ts";
import type { DestinationRule } from "../../kinds/istio/destination-rule-schema.ts";
import type { TrafficPolicySpec } from "../../kinds/istio/traffic-policy-schema.ts";
import { destinationPolicy } from "../../mesh/destination-rules.ts";
import { selects } from "../../mesh/labels.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import type { Labels } from "../../mesh/model.ts";
import { parseScope } from "../../mesh/selectors.ts";
import type { World } from "../world.ts";
import { type Fact, fact, shortName } from "./fact.ts";

/** A service, and the labels of the pods that are looked at. */
export interface Target {
  host: string;
  namespace: string;
  labels: readonly Labels[];
}

/** The DestinationRules that clients of the service's own namespace obey. */
export function describeDestinationRules(world: World, { host, namespace, labels }: Target): Fact[] {
  const { mesh, read, find } = world;
  const client = parseScope(namespace);
  const policy = destinationPolicy(mesh.destinationRules, read, settingsOf(mesh, read), client, { host, namespace });
  return (policy?.origins ?? []).flatMap((origin) => {
    const rule = find(destinationRuleKind, `${origin.namespace}/${origin.name}`);
    return rule ? [describeRule(rule, labels)] : [];
  });
}

function describeRule({ metadata, spec }: DestinationRule, labels: readonly Labels[]): Fact {
  const { host = "", subsets = [], trafficPolicy } = spec ?? {};
  const matching = subsets.filter((subset) => labels.some((each) => selects(subset.labels ?? {}, each)));
  const others = subsets.filter((subset) => !matching.includes(subset));
  const names = (list: typeof subsets): string => list.map(({ name }) => name).join(", ");
  return fact(`DestinationRule: ${shortName(metadata)} for "${host}"`, [
    ...(matching.length > 0 ? [`Matching subsets: ${names(matching)}`] : []),
    ...(others.length > 0 && matching.length > 0 ? [`Non-matching subsets: ${names(others)}`] : []),
    ...(others.length > 0 && matching.length === 0 ? [`WARNING: no pods in any subset: ${names(others)}`] : []),
    policyText(trafficPolicy),
  ]);
}

function policyText(policy: TrafficPolicySpec | undefined): string {
  const { tls, ...rest } = policy ?? {};
  const parts = [...(tls?.mode ? [`TLS mode ${tls.mode}`] : []), ...Object.keys(rest)];
  return parts.length === 0 ? "No traffic policy" : `Traffic policy: ${parts.join(", ")}`;
}
