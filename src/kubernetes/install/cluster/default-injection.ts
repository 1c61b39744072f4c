/**
 * Who injects where namespaces only say `istio-injection=enabled`: revision `default`, or the one that tag `default`
 * stands for. Only one may: while such a tag is set, the revision's own webhooks for these namespaces match nothing.
 */
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurationKind,
} from "../../../kinds/core/webhook-configuration.ts";
import type { Store } from "../../../store/store.ts";
import { DEFAULT_REVISION } from "../names.ts";
import { defaultValidator, revisionInjector } from "../webhooks.ts";
import { applyObject } from "./apply-object.ts";
import { NEVER } from "./as-applied.ts";
import { openJournal } from "./journal.ts";
import { FIELD_MANAGER, find } from "./objects.ts";

const TYPE = mutatingWebhookConfigurationKind.type;
const NAME = "istio-sidecar-injector";

/** The injector with its webhooks for namespaces and pods that name no revision switched off. */
export function silenced(injector: MutatingWebhookConfiguration): MutatingWebhookConfiguration {
  const webhooks = injector.webhooks?.map((hook) =>
    hook.name.startsWith("rev.") ? hook : { ...hook, namespaceSelector: NEVER, objectSelector: NEVER },
  );
  return { ...injector, ...(webhooks && { webhooks }) };
}

/** Tag `default` takes over. */
export async function silenceDefault(store: Store): Promise<void> {
  const live = await find<MutatingWebhookConfiguration>(store, TYPE, { name: NAME });
  if (live) await select(store, live, silenced(live));
}

/** Tag `default` is gone: revision `default`, if there is one, injects and validates by itself again. */
export async function restoreDefault(store: Store): Promise<void> {
  const live = await find<MutatingWebhookConfiguration>(store, TYPE, { name: NAME });
  const [hook] = live?.webhooks ?? [];
  if (!live || !hook) return;
  const namespace = hook.clientConfig.service?.namespace ?? "istio-system";
  const { reinvocationPolicy = "Never" } = hook;
  const enableNamespacesByDefault = live.webhooks?.some(({ name }) => name.startsWith("auto.")) === true;
  await select(
    store,
    live,
    revisionInjector({ revision: DEFAULT_REVISION, namespace, reinvocationPolicy, enableNamespacesByDefault }),
  );
  // Without the control plane's certificate, which it writes itself: until then objects are stored unvalidated.
  await applyObject(store, defaultValidator(DEFAULT_REVISION, namespace), openJournal());
}

/** Gives the live configuration the selectors of this one. */
async function select(
  store: Store,
  live: MutatingWebhookConfiguration,
  wanted: MutatingWebhookConfiguration,
): Promise<void> {
  const selectors = new Map(wanted.webhooks?.map((hook) => [hook.name, hook]));
  const body = (live.webhooks ?? []).flatMap(({ name }, i) => {
    const { namespaceSelector = {}, objectSelector = {} } = selectors.get(name) ?? {};
    return [
      { op: "test", path: `/webhooks/${i}/name`, value: name },
      { op: "replace", path: `/webhooks/${i}/namespaceSelector`, value: namespaceSelector },
      { op: "replace", path: `/webhooks/${i}/objectSelector`, value: objectSelector },
    ];
  });
  await store.patch(TYPE, { name: NAME }, { type: "json", body }, { fieldManager: FIELD_MANAGER });
}
