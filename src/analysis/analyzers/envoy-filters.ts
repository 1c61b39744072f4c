import { envoyFilterKind } from "../../kinds/istio/envoy-filter.ts";
import type { Analyzer } from "../analyzer.ts";
import type { MessageName } from "../messages.ts";

type Spec = NonNullable<Parameters<NonNullable<typeof envoyFilterKind.validate>>[0]["spec"]>;
type Patch = NonNullable<Spec["configPatches"]>[number];

const RELATIVE = new Set(["INSERT_BEFORE", "INSERT_AFTER", "REMOVE", "REPLACE"]);
const REPLACEABLE = new Set(["NETWORK_FILTER", "HTTP_FILTER", "VIRTUAL_HOST"]);
const ROUTES = new Set(["ROUTE_CONFIGURATION", "HTTP_ROUTE"]);

export const envoyFiltersAnalyzer: Analyzer = {
  name: "envoyfilter.EnvoyPatchAnalyzer",
  description: "Checks that the patches of EnvoyFilters can be applied, and do not depend on the order of objects",
  needs: [envoyFilterKind],
  analyze({ objects }, report) {
    for (const object of objects(envoyFilterKind)) {
      object.spec?.configPatches?.forEach((patch, i) => {
        const field = `spec.configPatches[${i}]`;
        const misuse = misuseOf(patch);
        if (misuse) report(misuse.name, object, `${field}.patch.operation`, misuse.text, misuse.remedy);
        else if (RELATIVE.has(patch.patch?.operation ?? "") && !object.spec?.priority) {
          const { name, text } = patch.match?.proxy?.proxyVersion ? VERSIONED : UNORDERED;
          report(name, object, field, text, "give spec.priority, or use INSERT_FIRST or ADD");
        }
      });
    }
  },
};

const UNORDERED = {
  name: "EnvoyFilterUsesRelativeOperation",
  text: "the patch is relative to others, and without a priority it may come before them and not be applied",
} as const;

const VERSIONED = {
  name: "EnvoyFilterUsesRelativeOperationWithProxyVersion",
  text: "the patch is relative to others and for one proxyVersion: without a priority it may not be applied during an upgrade",
} as const;

function misuseOf({
  applyTo = "INVALID",
  patch,
}: Patch): { name: MessageName; text: string; remedy: string } | undefined {
  const operation = patch?.operation;
  const ignored = `${operation} is ignored for ${applyTo}`;
  if (operation === "ADD" && ROUTES.has(applyTo)) {
    return { name: "EnvoyFilterUsesAddOperationIncorrectly", text: ignored, remedy: "use MERGE or INSERT_FIRST" };
  }
  if (operation === "REMOVE" && ROUTES.has(applyTo)) {
    return { name: "EnvoyFilterUsesRemoveOperationIncorrectly", text: ignored, remedy: "use MERGE" };
  }
  if (operation === "REPLACE" && !REPLACEABLE.has(applyTo)) {
    const text = `REPLACE cannot be used for ${applyTo}`;
    const remedy = "it is for HTTP_FILTER, NETWORK_FILTER and VIRTUAL_HOST: use MERGE";
    return { name: "EnvoyFilterUsesReplaceOperationIncorrectly", text, remedy };
  }
  return undefined;
}
