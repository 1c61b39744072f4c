import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "../../../kinds/core/webhook-configuration.ts";

/** With the certificate by which the API knows the control plane: else it would refuse pods until that has written it. */
export function trusting<T extends MutatingWebhookConfiguration | ValidatingWebhookConfiguration>(
  object: T,
  caBundle: string | undefined,
): T {
  if (caBundle === undefined) return object;
  const webhooks = object.webhooks?.map((hook) => ({ ...hook, clientConfig: { ...hook.clientConfig, caBundle } }));
  return { ...object, webhooks };
}
