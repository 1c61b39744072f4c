import { serviceKind } from "../../kinds/core/service.ts";
import { mutatingWebhookConfigurationKind } from "../../kinds/core/webhook-configuration.ts";
import type { Labels } from "../../mesh/model.ts";
import type { Analyzer } from "../analyzer.ts";
import { type InjectionWebhook, injectionWebhooks, takes } from "../injection-webhooks.ts";

export const webhooksAnalyzer: Analyzer = {
  name: "webhook.Analyzer",
  description: "Checks that no pod is injected by two webhooks, and that the control planes they name are there",
  needs: [mutatingWebhookConfigurationKind, serviceKind],
  analyze({ objects, find }, report) {
    const hooks = injectionWebhooks(objects(mutatingWebhookConfigurationKind));
    for (const [hook, others] of overlaps(hooks)) {
      const text = `webhook ${hook.webhook.name} takes pods that ${[...others].sort().join(", ")} takes too: they would be injected twice`;
      report("InvalidWebhook", hook.configuration, hook.at, text, "remove the configuration that is left over");
    }
    for (const { configuration, webhook, at } of hooks) {
      const { service } = webhook.clientConfig;
      const key = `${service?.namespace}/${service?.name}`;
      if (!service || find(serviceKind, key)) continue;
      const text = `webhook ${webhook.name} asks a control plane that is not there: Service ${key}`;
      const remedy = "install it again, or remove the configuration";
      report("InvalidWebhook", configuration, `${at}.clientConfig.service`, text, remedy);
    }
  },
};

/** Whatever labels namespaces and pods may have of those that webhooks look at: not more than one may take them. */
function overlaps(hooks: readonly InjectionWebhook[]): Map<InjectionWebhook, Set<string>> {
  const found = new Map<InjectionWebhook, Set<string>>();
  const revisions = [...new Set(hooks.flatMap(revisionsOf))];
  for (const namespaceLabels of combinations("istio-injection", ["enabled", "disabled"], revisions)) {
    for (const podLabels of combinations("sidecar.istio.io/inject", ["true", "false"], revisions)) {
      const taking = hooks.filter(({ webhook }) => takes(webhook, namespaceLabels, podLabels));
      for (const hook of taking) {
        for (const other of taking) {
          if (other === hook) continue;
          const name = `${other.configuration.metadata.name}/${other.webhook.name}`;
          found.set(hook, (found.get(hook) ?? new Set()).add(name));
        }
      }
    }
  }
  return found;
}

const REVISION = "istio.io/rev";

function combinations(label: string, values: readonly string[], revisions: readonly string[]): Labels[] {
  const first: Labels[] = [{}, ...values.map((value) => ({ [label]: value }))];
  return first.flatMap((labels) => [labels, ...revisions.map((revision) => ({ ...labels, [REVISION]: revision }))]);
}

function revisionsOf({ configuration, webhook }: InjectionWebhook): string[] {
  const own = configuration.metadata.labels?.[REVISION];
  const named = [webhook.namespaceSelector, webhook.objectSelector].flatMap((selector) => [
    ...(selector?.matchLabels?.[REVISION] === undefined ? [] : [selector.matchLabels[REVISION]]),
    ...(selector?.matchExpressions ?? []).flatMap(({ key, values = [] }) => (key === REVISION ? values : [])),
  ]);
  return [...(own === undefined ? [] : [own]), ...named];
}
