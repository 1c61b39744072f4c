/** Which Global rules there are, and whose proxies may ask about them, from the API's objects. */
import type { Collection } from "../engine/collection.ts";
import type { Graph } from "../engine/graph.ts";
import type { MeshInputs } from "../mesh/inputs.ts";
import type { MeshSettings, Workload } from "../mesh/model.ts";
import { type RateLimitRule, ruleId } from "../mesh/security/rate-limit-model.ts";
import { rateLimitRules, wireRateLimits } from "../mesh/security/rate-limits.ts";
import { wireSettings } from "../mesh/settings.ts";
import { wireWorkloads } from "../mesh/workloads.ts";

export interface Rules {
  /** By name. */
  rules: Collection<RateLimitRule>;
  /** Rows `RULE|NAMESPACE/SERVICEACCOUNT`: proxies of that account may ask. */
  callers: Collection<true>;
  settings: Collection<MeshSettings>;
}

export function wireRules(
  graph: Graph,
  inputs: Pick<MeshInputs, "rateLimits" | "services" | "pods" | "configMaps">,
): Rules {
  const settings = wireSettings(graph, inputs);
  const workloads = wireWorkloads(graph, inputs);
  const limits = wireRateLimits(graph, inputs, settings);
  const rules = graph.deriveMany("global rules", limits.rows, (_key, row) =>
    row.rules.filter(({ scope }) => scope === "Global").map((rule) => [ruleId(rule), rule] as const),
  );
  const callers = graph.deriveMany<Workload, true>("callers", workloads.rows, (_key, workload, read) => {
    const { namespace, serviceAccount, labels } = workload;
    if (workload.proxy === "None") return [];
    return rateLimitRules(limits, read, { namespace, labelSets: [labels] })
      .filter(({ scope }) => scope === "Global")
      .map((rule) => [callerKey(ruleId(rule), { namespace, serviceAccount }), true] as const);
  });
  return { rules, callers, settings };
}

export function callerKey(rule: string, account: { namespace: string; serviceAccount: string }): string {
  return `${rule}|${account.namespace}/${account.serviceAccount}`;
}
