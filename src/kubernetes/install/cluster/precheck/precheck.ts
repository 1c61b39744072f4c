/** All that is looked at before an installation is begun. It changes nothing. */
import type { Delivery } from "../delivery.ts";
import type { Finding } from "../finding.ts";
import type { KubeApi } from "../kube-api.ts";
import { planInstallation, refusals } from "../plan.ts";
import { checkDefinitions } from "./definitions.ts";
import { checkExisting, type Intended } from "./existing.ts";
import { checkGatewayApi } from "./gateway-api.ts";
import { checkVersion, kubernetesVersion } from "./kubernetes-version.ts";
import { checkNamespace } from "./namespace.ts";
import { checkRights } from "./rights.ts";
import { checkWebhooks } from "./webhooks.ts";

export async function precheck(api: KubeApi, delivery: Delivery, intended: Intended): Promise<Finding[]> {
  const { store } = api;
  const objects = [...delivery.components.flatMap((component) => component.objects), delivery.record];
  const rights = await checkRights(store, objects);
  const first = [...checkVersion(await kubernetesVersion(api)), ...rights];
  // Who may not look cannot be told what is there.
  if (rights.length > 0) return first;
  const found = [
    ...first,
    ...(await checkNamespace(store, delivery.namespace)),
    ...(await checkExisting(store, intended)),
    ...(await checkDefinitions(store, objects)),
    ...(await checkWebhooks(store, objects)),
    ...(await checkGatewayApi(store)),
  ];
  // What is known to be in the way would be refused here once more, in other words.
  if (found.some(({ level }) => level === "error")) return found;
  return [...found, ...refusals(await planInstallation(store, objects))];
}
