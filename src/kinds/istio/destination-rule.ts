import { warnDestinationTls } from "./client-tls-checks.ts";
import { AGE, istioKind } from "./common.ts";
import { DestinationRuleSpec } from "./destination-rule-schema.ts";
import { checkExportTo, checkHost, checkLabels } from "./hosts-checks.ts";
import { collect, each, type Report } from "./report.ts";
import { checkTrafficPolicy, warnTrafficPolicy } from "./traffic-policy-checks.ts";
import { checkSubsetName } from "./value-checks.ts";

export const destinationRuleKind = istioKind<DestinationRuleSpec>(
  {
    group: "networking",
    version: "v1",
    otherVersions: ["v1beta1", "v1alpha3"],
    kind: "DestinationRule",
    plural: "destinationrules",
  },
  DestinationRuleSpec,
  {
    description:
      "DestinationRule says how requests to a service are balanced, pooled and secured, and names its subsets.",
    shortNames: ["dr"],
    columns: [{ name: "Host", type: "string", jsonPath: ".spec.host" }, AGE],
    validate: ({ spec, metadata }) => collect((report) => spec && check(report, spec, metadata.namespace ?? "")),
    warn: ({ spec }) => collect((report) => spec && warn(report, spec)),
  },
);

function check(report: Report, spec: DestinationRuleSpec, namespace: string): void {
  checkHost(report, "spec.host", spec.host, { wildcard: true });
  checkTrafficPolicy(report, "spec.trafficPolicy", spec.trafficPolicy);
  const names = new Set<string>();
  each(spec.subsets, "spec.subsets", (subset, at) => {
    if (subset.name === "") report("missing", `${at}.name`, "a subset needs a name");
    if (names.has(subset.name)) report("duplicate", `${at}.name`, `another subset is named "${subset.name}"`);
    names.add(subset.name);
    checkSubsetName(report, `${at}.name`, subset.name);
    checkLabels(report, `${at}.labels`, subset.labels);
    checkTrafficPolicy(report, `${at}.trafficPolicy`, subset.trafficPolicy);
  });
  checkExportTo(report, spec.exportTo, namespace);
  checkLabels(report, "spec.workloadSelector.matchLabels", spec.workloadSelector?.matchLabels);
  const beyond = (spec.exportTo ?? []).some((to) => to !== "." && to !== namespace);
  if (spec.workloadSelector && beyond) {
    const message = "a rule for certain workloads is for its own namespace only";
    report("conflict", "spec.exportTo", message, 'take exportTo out, or make it ["."]');
  }
}

function warn(report: Report, spec: DestinationRuleSpec): void {
  const policies = [
    { policy: spec.trafficPolicy, field: "spec.trafficPolicy" },
    ...(spec.subsets ?? []).map((subset, i) => ({
      policy: subset.trafficPolicy,
      field: `spec.subsets[${i}].trafficPolicy`,
    })),
  ];
  for (const { policy, field } of policies) {
    warnTrafficPolicy(report, field, policy);
    warnDestinationTls(report, `${field}.tls`, policy?.tls);
  }
}
