/** The webhooks by which pods get their proxies. */
import type { MutatingWebhookConfiguration } from "../kinds/core/webhook-configuration.ts";
import { selectorMatches } from "../mesh/gateway-api/label-selector.ts";
import type { Labels } from "../mesh/model.ts";

type Webhook = NonNullable<MutatingWebhookConfiguration["webhooks"]>[number];

export interface InjectionWebhook {
  configuration: MutatingWebhookConfiguration;
  webhook: Webhook;
  /** `webhooks[0]` */
  at: string;
}

export function injectionWebhooks(configurations: readonly MutatingWebhookConfiguration[]): InjectionWebhook[] {
  return configurations.flatMap((configuration) =>
    (configuration.webhooks ?? []).flatMap((webhook, i) =>
      webhook.name.endsWith("istio.io") ? [{ configuration, webhook, at: `webhooks[${i}]` }] : [],
    ),
  );
}

/** Whether the webhook is asked for pods with these labels in a namespace with those. */
export function takes(webhook: Webhook, namespaceLabels: Labels, podLabels: Labels): boolean {
  const { namespaceSelector = {}, objectSelector = {} } = webhook;
  return selectorMatches(namespaceSelector, namespaceLabels) && selectorMatches(objectSelector, podLabels);
}
