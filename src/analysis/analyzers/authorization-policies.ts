import { namespaceKind } from "../../kinds/core/namespace.ts";
import { podKind } from "../../kinds/core/pod.ts";
import { authorizationPolicyKind } from "../../kinds/istio/authorization-policy.ts";
import { selectorText } from "../../mesh/labels.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import type { Analyzer } from "../analyzer.ts";
import { isMeshed } from "../meshed.ts";
import { suggester } from "../suggest.ts";

export const authorizationPoliciesAnalyzer: Analyzer = {
  name: "auth.AuthorizationPoliciesAnalyzer",
  description:
    "Checks that AuthorizationPolicies have workloads of the mesh to protect, and name namespaces that are there",
  needs: [authorizationPolicyKind, namespaceKind, podKind],
  analyze(world, report) {
    const suggest = suggester();
    const namespaces = world.objects(namespaceKind).map(({ metadata }) => metadata.name);
    const { rootNamespace } = settingsOf(world.mesh, world.read);
    for (const object of world.objects(authorizationPolicyKind)) {
      const { namespace = "" } = object.metadata;
      const { selector, targetRef, targetRefs, rules = [] } = object.spec ?? {};
      const everywhere = namespace === rootNamespace;
      const labels = selector?.matchLabels ?? {};
      const targets = targetRef !== undefined || (targetRefs?.length ?? 0) > 0;
      const protects = world.workloads
        .selected(labels, everywhere ? undefined : namespace)
        .some((workload) => isMeshed(world, workload));
      if (!targets && !protects && !(everywhere && !selector)) {
        const which = selectorText(labels);
        const text = `no workload of the mesh has the labels of this policy: ${which || "(all of the namespace)"}`;
        const field = selector ? "spec.selector.matchLabels" : "metadata.name";
        report(
          "NoMatchingWorkloadsFound",
          object,
          field,
          text,
          "correct the selector, or see why there are no such pods",
        );
      }
      rules.forEach(({ from = [] }, i) => {
        from.forEach(({ source }, j) => {
          for (const part of ["namespaces", "notNamespaces"] as const) {
            source?.[part]?.forEach((pattern, k) => {
              if (namespaces.some((name) => matches(pattern, name))) return;
              const text = `Referenced namespace not found: ${JSON.stringify(pattern)}`;
              const field = `spec.rules[${i}].from[${j}].source.${part}[${k}]`;
              const remedy = suggest(pattern, () => namespaces, "create it, or correct the name");
              report("ReferencedResourceNotFound", object, field, text, remedy);
            });
          }
        });
      });
    }
  },
};

/** `prod`, `prod-*`, `*-prod`, `*`. */
function matches(pattern: string, name: string): boolean {
  if (pattern.startsWith("*")) return name.endsWith(pattern.slice(1));
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
