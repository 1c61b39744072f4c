import type { ValidatingWebhookConfiguration } from "../../kinds/core/webhook-configuration.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { ALWAYS_REJECT } from "./validation.ts";

const GATEWAYS: ResourceType = {
  group: "networking.istio.io",
  version: "v1",
  plural: "gateways",
  kind: "Gateway",
  namespaced: true,
};

const REVISION = "istio.io/rev";

/** Whether the API server asks our webhook: a dry run of an object that asks to be refused is refused by it. */
export async function validationAnswers(
  store: Pick<Store, "create">,
  namespace: string,
  revision: string,
  { webhooks = [] }: ValidatingWebhookConfiguration,
): Promise<boolean> {
  const byRevision = webhooks.some(({ objectSelector }) => JSON.stringify(objectSelector ?? {}).includes(`"In"`));
  const object: KubeObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: {
      name: "lateen-asks-whether-validation-answers",
      namespace,
      annotations: { [ALWAYS_REJECT]: "true" },
      ...(byRevision && { labels: { [REVISION]: revision } }),
    },
    spec: { servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }] },
  };
  try {
    await store.create(GATEWAYS, object, { dryRun: true });
    return false;
  } catch (error) {
    if (error instanceof StoreError && error.message.includes(ALWAYS_REJECT)) return true;
    throw error;
  }
}
