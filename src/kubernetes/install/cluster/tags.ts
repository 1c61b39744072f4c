/** Revision tags: names that stand for a revision, each a webhook configuration of its own. */

import { LateenError } from "../../../errors.ts";
import { namespaceKind } from "../../../kinds/core/namespace.ts";
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
} from "../../../kinds/core/webhook-configuration.ts";
import type { KubeObject } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { DEFAULT_REVISION, revisioned } from "../names.ts";
import { defaultValidator, tagInjector } from "../webhooks.ts";
import { silenced } from "./default-injection.ts";
import type { Delivery } from "./delivery.ts";
import { REVISION, revisionOf, TAG } from "./labels.ts";
import { find, listAll } from "./objects.ts";

export interface Tag {
  tag: string;
  revision: string;
  /** Those whose pods are injected by it. */
  namespaces: string[];
}

export interface TagOptions {
  tag: string;
  revision: string;
  autoInjectNamespaces?: boolean;
}

const INJECTORS = mutatingWebhookConfigurationKind.type;

/** The objects of a tag. */
export async function tagObjects(store: Store, options: TagOptions): Promise<KubeObject[]> {
  const { tag, revision, autoInjectNamespaces = false } = options;
  const canonical = await injectorOf(store, revision);
  if (!canonical) throw await unknownRevision(store, revision);
  const { service } = canonical.webhooks?.[0]?.clientConfig ?? {};
  const namespace = service?.namespace ?? "istio-system";
  const injector = tagInjector(tag, {
    revision,
    namespace,
    enableNamespacesByDefault: autoInjectNamespaces,
    reinvocationPolicy: canonical.webhooks?.[0]?.reinvocationPolicy ?? "Never",
  });
  const { caBundle } = canonical.webhooks?.[0]?.clientConfig ?? {};
  return [
    caBundle === undefined ? injector : trusting(injector, caBundle),
    ...(tag === DEFAULT_REVISION ? [defaultValidator(revision, namespace)] : []),
  ];
}

/** With the certificate by which the API knows the control plane: else it would refuse pods until that has written it. */
function trusting(injector: MutatingWebhookConfiguration, caBundle: string): MutatingWebhookConfiguration {
  const webhooks = injector.webhooks?.map((hook) => ({ ...hook, clientConfig: { ...hook.clientConfig, caBundle } }));
  return { ...injector, ...(webhooks && { webhooks }) };
}

/** Those that were set. The revision `default` needs none to be the default one. */
export async function listTags(store: Store): Promise<Tag[]> {
  const injectors = await listAll(store, INJECTORS, { labelSelector: TAG });
  const tags = injectors.map((injector) => ({
    tag: injector.metadata.labels?.[TAG] ?? "",
    revision: revisionOf(injector),
  }));
  const found: Tag[] = [];
  for (const { tag, revision } of tags) found.push({ tag, revision, namespaces: await namespacesOf(store, tag) });
  return found.sort((a, b) => a.revision.localeCompare(b.revision) || a.tag.localeCompare(b.tag));
}

export async function namespacesOf(store: Store, tag: string): Promise<string[]> {
  const selectors = [`${REVISION}=${tag}`, ...(tag === DEFAULT_REVISION ? ["istio-injection=enabled"] : [])];
  const lists = await Promise.all(
    selectors.map((labelSelector) => listAll(store, namespaceKind.type, { labelSelector })),
  );
  return [...new Set(lists.flat().map(({ metadata }) => metadata.name))].sort();
}

/** The objects that go with a tag. */
export async function objectsOfTag(store: Store, tag: string): Promise<KubeObject[]> {
  const injectors = await listAll(store, INJECTORS, { labelSelector: `${TAG}=${tag}` });
  if (tag !== DEFAULT_REVISION || injectors.length === 0) return injectors;
  const validator = await find(store, validatingWebhookConfigurationKind.type, { name: "istiod-default-validator" });
  return [...injectors, ...(validator ? [validator] : [])];
}

/** The revision that injects where namespaces only say `istio-injection=enabled`; undefined when none does. */
export async function defaultRevision(store: Store): Promise<string | undefined> {
  const names = [`istio-revision-tag-${DEFAULT_REVISION}`, "istio-sidecar-injector"];
  const found = await Promise.all(names.map((name) => find(store, INJECTORS, { name })));
  const injector = found.find((each) => each !== undefined);
  return injector && revisionOf(injector);
}

/** What is delivered while tag `default` stands for another revision, which then injects and validates by default. */
export async function besideDefaultTag(store: Store, delivery: Delivery): Promise<Delivery> {
  const tag = await find(store, INJECTORS, { name: `istio-revision-tag-${DEFAULT_REVISION}` });
  if (!tag || revisionOf(tag) === delivery.revision) return delivery;
  const { name: validator } = defaultValidator(delivery.revision, delivery.namespace).metadata;
  const components = delivery.components.map(({ name, objects }) => ({
    name,
    objects: objects
      .filter(({ metadata }) => metadata.name !== validator)
      .map((object) => (isInjector(object) ? silenced(object) : object)),
  }));
  return { ...delivery, components };
}

function isInjector(object: KubeObject): object is MutatingWebhookConfiguration {
  return object.kind === INJECTORS.kind;
}

async function injectorOf(store: Store, revision: string): Promise<MutatingWebhookConfiguration | undefined> {
  return find(store, INJECTORS, { name: revisioned("istio-sidecar-injector", revision) });
}

export async function revisionsOf(store: Store): Promise<string[]> {
  const injectors = await listAll(store, INJECTORS, { labelSelector: `app=sidecar-injector,!${TAG}` });
  return injectors.map(revisionOf).sort();
}

export async function unknownRevision(store: Store, revision: string): Promise<LateenError> {
  const known = await revisionsOf(store);
  return new LateenError(
    "LTN5360",
    `no revision ${revision} is installed`,
    known.length > 0 ? `Installed: ${known.join(", ")}.` : "None at all is installed.",
  );
}
