/**
 * Webhooks of others, or of an installation that is half gone, that call a Service that is not there: with failure
 * policy Fail the API refuses whatever they watch, our pods included.
 */
import { serviceKind } from "../../../../kinds/core/service.ts";
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurationKind,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurationKind,
} from "../../../../kinds/core/webhook-configuration.ts";
import type { KubeObject } from "../../../../store/object.ts";
import type { Store } from "../../../../store/store.ts";
import { error, type Finding, warning } from "../finding.ts";
import { find, idOf, listAll, typeOf } from "../objects.ts";

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;
type Hook = NonNullable<Configuration["webhooks"]>[number];

/** `objects`: what is to be installed. Configurations among them will be replaced, so what they are now is no matter. */
export async function checkWebhooks(store: Store, objects: readonly KubeObject[]): Promise<Finding[]> {
  const replaced = new Set(objects.map(idOf));
  const installed = new Set(objects.filter(({ kind }) => kind === "Service").map(idOf));
  const lists = await Promise.all([
    listAll<Configuration>(store, mutatingWebhookConfigurationKind.type),
    listAll<Configuration>(store, validatingWebhookConfigurationKind.type),
  ]);
  const found: Finding[] = [];
  for (const configuration of lists.flat().filter((each) => !replaced.has(idOf(each)))) {
    for (const hook of configuration.webhooks ?? []) {
      const { service } = hook.clientConfig;
      if (!service) continue;
      const name = { namespace: service.namespace, name: service.name };
      const key = idOf({ apiVersion: "v1", kind: "Service", metadata: name });
      if (installed.has(key) || (await find(store, serviceKind.type, name))) continue;
      found.push(lost(configuration, hook, `${name.namespace}/${name.name}`, objects));
      break;
    }
  }
  return found;
}

function lost(configuration: Configuration, hook: Hook, service: string, objects: readonly KubeObject[]): Finding {
  const { kind, metadata } = configuration;
  const about = `${kind} ${metadata.name} calls Service ${service}, which is not there`;
  const remedy = `If nobody needs it any more: kubectl delete ${kind.toLowerCase()} ${metadata.name}`;
  const blocks = hook.failurePolicy !== "Ignore" && watches(hook, objects);
  return blocks
    ? error("LTN5344", `${about}: the API refuses what it watches, and would refuse this installation`, remedy)
    : warning("LTN5344", about, remedy);
}

/** Whether it is called for objects of the installation or their pods, whatever its selectors may spare. */
function watches({ rules = [] }: Hook, objects: readonly KubeObject[]): boolean {
  const ours = [{ group: "", plural: "pods" }, ...objects.map(typeOf)];
  const includes = (list: readonly string[] = [], value: string): boolean =>
    list.some((each) => each === "*" || each === "*/*" || each === value);
  return rules.some(({ apiGroups, resources }) =>
    ours.some(({ group, plural }) => includes(apiGroups, group) && includes(resources, plural)),
  );
}
