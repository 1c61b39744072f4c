import { serviceKind } from "../../kinds/core/service.ts";
import { destinationRuleKind } from "../../kinds/istio/destination-rule.ts";
import { serviceEntryKind } from "../../kinds/istio/service-entry.ts";
import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import type { Unresolved } from "../../mesh/references.ts";
import { type KubeObject, keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { suggester } from "../suggest.ts";
import type { World } from "../world.ts";

type What = Unresolved["what"];

const WORDS: Readonly<Record<What, string>> = {
  gateway: "gateway",
  delegate: "delegate VirtualService",
  host: "host",
  port: "host:port",
  subset: "host+subset in destinationrule",
};

/** The mesh itself keeps account of what VirtualServices name and what there is: see mesh/references.ts. */
function referenceAnalyzer(about: readonly What[], rest: Omit<Analyzer, "analyze">): Analyzer {
  return {
    ...rest,
    analyze(world, report) {
      const suggest = suggester();
      for (const object of world.objects(virtualServiceKind)) {
        for (const { what, named, field, message, remedy = "" } of world.references.virtualServices.get(
          keyOf(object),
        ) ?? []) {
          if (!about.includes(what)) continue;
          const hint = suggest(named, () => candidates(world, object, what, named), `${message}: ${remedy}`);
          report(
            "ReferencedResourceNotFound",
            object,
            field,
            `Referenced ${WORDS[what]} not found: ${JSON.stringify(named)}`,
            hint,
          );
        }
      }
    },
  };
}

export const virtualServiceHostsAnalyzer = referenceAnalyzer(["host", "port", "delegate"], {
  name: "virtualservice.DestinationHostAnalyzer",
  description: "Checks that the hosts and ports to which VirtualServices route are there",
  needs: [serviceKind, virtualServiceKind],
});

export const virtualServiceSubsetsAnalyzer = referenceAnalyzer(["subset"], {
  name: "virtualservice.DestinationRuleAnalyzer",
  description: "Checks that the subsets to which VirtualServices route are there",
  needs: [virtualServiceKind, destinationRuleKind],
});

/** What might have been meant, in the way that it was written. */
function candidates(world: World, { metadata }: KubeObject, what: What, named: string): string[] {
  const namespace = metadata.namespace ?? "";
  switch (what) {
    case "delegate":
      return world.objects(virtualServiceKind).map(keyOf);
    case "host": {
      const short = !named.includes(".");
      const entries = world.objects(serviceEntryKind).flatMap(({ spec }) => spec?.hosts ?? []);
      const services = world.objects(serviceKind).map(({ metadata: { name, namespace: home = "" } }) => {
        const suffix = named.split(".").length === 2 ? "" : ".svc.cluster.local";
        return short && home === namespace ? name : `${name}.${home}${suffix}`;
      });
      return [...services, ...entries];
    }
    case "subset": {
      const host = named.slice(0, named.lastIndexOf("+"));
      const rules = world.objects(destinationRuleKind).filter(({ spec }) => spec?.host === host);
      return rules.flatMap(({ spec }) => spec?.subsets ?? []).map(({ name }) => `${host}+${name}`);
    }
    case "port":
    case "gateway":
      return [];
  }
}
