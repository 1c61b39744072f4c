/**
 * Keeps what the API server is told of our webhooks as it must be: the certificate by which it knows us, whoever
 * overwrote it; and that validation refuses what it cannot ask us about, but only once it was seen to answer, so that
 * an installation that does not work locks nobody out.
 */
import { aborted } from "../../control-plane/lead.ts";
import { workQueue } from "../../control-plane/status/work-queue.ts";
import { LateenError } from "../../errors.ts";
import type { AuthoritySource } from "../../identity/authority-source.ts";
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurationKind,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurationKind,
} from "../../kinds/core/webhook-configuration.ts";
import { StoreError } from "../../store/error.ts";
import type { ResourceType } from "../../store/object.ts";
import { reflect } from "../../store/reflector.ts";
import type { Store } from "../../store/store.ts";
import { validationAnswers } from "./validation-answers.ts";

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

export interface KeepConfigurationsOptions {
  store: Store;
  /** Configurations with this label, which tags that point at the revision have too. */
  revision: string;
  /** Of the control plane. */
  namespace: string;
  authority: AuthoritySource;
  signal: AbortSignal;
  onError(error: unknown): void;
  retryMs?: number;
}

/** Resolves when `signal` has aborted and the last write is done. */
export async function keepConfigurations(options: KeepConfigurationsOptions): Promise<void> {
  const { store, revision, authority, signal, onError, retryMs = 100 } = options;
  const queue = workQueue<{ type: ResourceType; name: string }>({
    run: (_key, { type, name }) => repair(options, type, name),
    onError: (_key, error) => onError(error),
    retryMs,
  });
  const present = new Map<string, { type: ResourceType; name: string }>();
  const check = (key: string, type: ResourceType, name: string): void => {
    present.set(key, { type, name });
    queue.add(key, { type, name });
  };
  const follow = ({ type }: { type: ResourceType }): Promise<void> =>
    reflect<Configuration>(
      store,
      type,
      { labelSelector: `istio.io/rev=${revision}`, longestRetryMs: 5_000 },
      {
        sync: (objects) => {
          for (const { metadata } of objects) check(`${type.kind} ${metadata.name}`, type, metadata.name);
        },
        change: (deltas) => {
          for (const { type: what, key: name } of deltas) {
            if (what === "upsert") check(`${type.kind} ${name}`, type, name);
            else present.delete(`${type.kind} ${name}`);
          }
        },
        trouble: onError,
      },
      signal,
    );
  const forget = authority.onChange(() => {
    for (const [key, work] of present) queue.add(key, work);
  });
  await Promise.all([
    follow(mutatingWebhookConfigurationKind),
    follow(validatingWebhookConfigurationKind),
    aborted(signal).then(() => queue.close()),
  ]);
  forget();
}

async function repair(options: KeepConfigurationsOptions, type: ResourceType, name: string): Promise<void> {
  const { store, authority, revision, namespace } = options;
  const caBundle = Buffer.from(authority.anchorRoots()).toString("base64");
  try {
    const configuration = await store.get<Configuration>(type, { name });
    const { webhooks = [] } = configuration;
    const strangers = webhooks.filter(({ clientConfig }) => clientConfig.caBundle !== caBundle);
    await patch(store, type, configuration, strangers, () => ({ clientConfig: { caBundle } }));
    const lenient = webhooks.filter(({ failurePolicy }) => failurePolicy === "Ignore");
    if (type.kind !== validatingWebhookConfigurationKind.type.kind || lenient.length === 0) return;
    if (!(await validationAnswers(store, namespace, revision, configuration))) {
      throw new LateenError(
        "LTN3102",
        `${name} is not called by the API server yet: objects are stored without validation until it is`,
        "See that Service istiod has ready endpoints, and that the API server reaches its port 443.",
      );
    }
    await patch(store, type, configuration, lenient, () => ({ failurePolicy: "Fail" }));
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
  }
}

/** Changes these webhooks and no others: lists of webhooks merge by name. */
async function patch(
  store: Store,
  type: ResourceType,
  { metadata }: Configuration,
  webhooks: readonly { name: string }[],
  change: () => object,
): Promise<void> {
  if (webhooks.length === 0) return;
  const body = { webhooks: webhooks.map(({ name }) => ({ name, ...change() })) };
  await store.patch(type, { name: metadata.name }, { type: "strategic", body }, { fieldManager: "lateen-webhooks" });
}
