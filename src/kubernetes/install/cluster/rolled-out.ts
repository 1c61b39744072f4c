/** Whether what was applied works: definitions are served, Deployments rolled out, webhooks can be called. */
import type { Deployment } from "../../../kinds/core/deployment.ts";
import type { KubeObject } from "../../../store/object.ts";
import { isFields } from "../../../store/patch/json.ts";
import { definitionsOf, isEstablished } from "./definitions.ts";

/** Kinds that are not simply there, but take their time. */
export function takesTime({ kind }: KubeObject): boolean {
  return kind === "CustomResourceDefinition" || kind === "Deployment" || kind.endsWith("WebhookConfiguration");
}

export function isWebhook({ kind }: KubeObject): boolean {
  return kind.endsWith("WebhookConfiguration");
}

/** Undefined when the object, as it is in the cluster, works; else what is missing, in a few words. */
export function missing(object: KubeObject): string | undefined {
  if (!definitionsOf([object]).every(isEstablished)) return "not served yet";
  if (isDeployment(object)) return deploymentMissing(object);
  return isWebhook(object) ? webhookMissing(hooksOf(object)) : undefined;
}

/** The API server has validated what it stores. */
function isDeployment(object: KubeObject): object is Deployment {
  return object.kind === "Deployment";
}

function deploymentMissing({ metadata, spec, status = {} }: Deployment): string | undefined {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if (observedGeneration < (metadata.generation ?? 0)) return "not looked at yet";
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} pods made`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old pods still there`;
  if (availableReplicas < wanted) return `${availableReplicas} of ${wanted} pods ready`;
  return undefined;
}

function hooksOf({ webhooks }: KubeObject): unknown[] {
  return Array.isArray(webhooks) ? webhooks : [];
}

/** Validation is lenient until the control plane has seen that the API server reaches it: as it then does for injection. */
function webhookMissing(hooks: readonly unknown[]): string | undefined {
  if (!hooks.every(trusts)) return "its control plane has not written its certificate into it";
  if (hooks.some((hook) => isFields(hook) && hook.failurePolicy === "Ignore"))
    return "the API server does not reach it";
  return undefined;
}

function trusts(hook: unknown): boolean {
  return isFields(hook) && isFields(hook.clientConfig) && typeof hook.clientConfig.caBundle === "string";
}
