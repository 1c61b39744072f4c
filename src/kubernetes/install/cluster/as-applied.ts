/** What of an object is applied over what is there: some fields are no longer the installation's. */
import type { MutatingWebhookConfiguration } from "../../../kinds/core/webhook-configuration.ts";
import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";

export function asApplied(object: KubeObject, live: KubeObject | undefined): KubeObject {
  if (!live) return object;
  if (isInjector(object)) return keepSilence(object, live);
  return object.kind === "ValidatingWebhookConfiguration" ? keepFailing(object, live) : object;
}

/**
 * A validation webhook is installed with failure policy Ignore, so that nobody is locked out while nothing answers. The
 * control plane sets Fail once it answers, and another installation leaves it so.
 */
function keepFailing(object: KubeObject, live: KubeObject): KubeObject {
  const failing = new Set(hooksOf(live).flatMap((hook) => (hook.failurePolicy === "Fail" ? [hook.name] : [])));
  const webhooks = hooksOf(object).map((hook) => (failing.has(hook.name) ? { ...hook, failurePolicy: "Fail" } : hook));
  return { ...object, webhooks };
}

function hooksOf({ webhooks }: KubeObject): Record<string, unknown>[] {
  return Array.isArray(webhooks) ? webhooks.filter(isFields) : [];
}

/** Istio's own mark: no namespace has this label. */
const NEVER = { matchLabels: { "istio.io/deactivated": "never-match" } };

function isInjector(object: KubeObject): object is MutatingWebhookConfiguration {
  return object.kind === "MutatingWebhookConfiguration";
}

/** The injector with its webhooks for namespaces and pods that name no revision switched off. */
export function silenced(injector: MutatingWebhookConfiguration): MutatingWebhookConfiguration {
  const webhooks = injector.webhooks?.map((hook) =>
    hook.name.startsWith("rev.") ? hook : { ...hook, namespaceSelector: NEVER, objectSelector: NEVER },
  );
  return { ...injector, ...(webhooks && { webhooks }) };
}

function isSilenced({ webhooks = [] }: MutatingWebhookConfiguration): boolean {
  return webhooks.some(
    ({ namespaceSelector }) => namespaceSelector?.matchLabels?.["istio.io/deactivated"] !== undefined,
  );
}

/** What is to be applied over `live`: an installation does not give back what a tag has taken over. */
function keepSilence(injector: MutatingWebhookConfiguration, live: KubeObject): MutatingWebhookConfiguration {
  return isInjector(live) && isSilenced(live) ? silenced(injector) : injector;
}
