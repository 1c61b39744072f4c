/**
 * What of an object is applied over what is there: some fields are the installation's only at first. Whoever has taken
 * them over owns them, and leaving them out leaves them as they are.
 */
import type { KubeObject } from "../../../store/object.ts";
import { type Fields, isFields } from "../../../store/patch/json.ts";

export function asApplied(object: KubeObject, live: KubeObject | undefined): KubeObject {
  if (!live || !object.kind.endsWith("WebhookConfiguration")) return object;
  const there = new Map(hooksOf(live).map((hook) => [hook.name, hook]));
  const webhooks = hooksOf(object).map((hook) => without(hook, takenOver(hook, there.get(hook.name))));
  return { ...object, webhooks };
}

function takenOver(hook: Fields, live: Fields = {}): string[] {
  // A validation webhook is installed with Ignore, so that nobody is locked out while nothing answers. The control
  // plane sets Fail once it answers.
  const failing = hook.failurePolicy === "Ignore" && live.failurePolicy === "Fail";
  // Tag default stands for another revision: see default-injection.ts.
  return [...(failing ? ["failurePolicy"] : []), ...(isSilenced(live) ? ["namespaceSelector", "objectSelector"] : [])];
}

function without(hook: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(hook).filter(([name]) => !names.includes(name)));
}

function hooksOf({ webhooks }: KubeObject): Fields[] {
  return Array.isArray(webhooks) ? webhooks.filter(isFields) : [];
}

const MARK = "istio.io/deactivated";

/** Istio's own way to say that a webhook matches nothing: no namespace has this label. */
export const NEVER = { matchLabels: { [MARK]: "never-match" } };

function isSilenced({ namespaceSelector }: Fields): boolean {
  const labels = isFields(namespaceSelector) ? namespaceSelector.matchLabels : undefined;
  return isFields(labels) && labels[MARK] !== undefined;
}
