import jsonPatch from "fast-json-patch";
import type { Pod } from "../../kinds/core/pod.ts";
import { InjectionError } from "../inject/error.ts";
import { inject } from "../inject/inject.ts";
import type { InjectSettings } from "../inject/settings.ts";
import { injectionWarnings } from "../inject/warnings.ts";
import type { Judge } from "./server.ts";

type Labels = Readonly<Record<string, string>>;

export interface InjectionWebhookOptions {
  settings(): InjectSettings;
  /** Of a namespace; `fresh`: as the API server has it at this moment. */
  namespaceLabels(namespace: string, fresh: boolean): Promise<Labels>;
  /** Whether a name in a label istio.io/rev is that of our revision, or of a tag that points at it. */
  isOurs(revision: string): boolean;
}

const REVISION = "istio.io/rev";

/** Gives new pods their proxies. */
export function injectionWebhook({ settings, namespaceLabels, isOurs }: InjectionWebhookOptions): Judge {
  return async ({ operation, kind, namespace, object }) => {
    if (operation !== "CREATE" || kind.group !== "" || kind.kind !== "Pod") return {};
    // The API server has validated its shape.
    const pod = object as Pod;
    const now = settings();
    /** A tag stands for the revision that it points at. */
    const named = (labels: Labels): Labels => {
      const revision = labels[REVISION];
      return revision !== undefined && isOurs(revision) ? { ...labels, [REVISION]: now.revision } : labels;
    };
    const attempt = async (fresh: boolean): Promise<Pod> => {
      const labels = named(await namespaceLabels(namespace, fresh));
      const own = pod.metadata.labels;
      const asked = own ? { ...pod, metadata: { ...pod.metadata, labels: { ...named(own) } } } : pod;
      const made = inject(asked, { namespace, namespaceLabels: labels, settings: now });
      return made === asked ? pod : withOwnRevision(made, own);
    };
    try {
      const made = await attempt(false);
      // The API server has chosen this pod for injection: where we would not, our labels may be old.
      const injected = made === pod ? await attempt(true) : made;
      const warnings = injected === pod ? [] : injectionWarnings(pod, now);
      return { patch: jsonPatch.compare(pod, injected), warnings };
    } catch (error) {
      if (!(error instanceof InjectionError)) throw error;
      const name = pod.metadata.name || `${pod.metadata.generateName ?? ""}…`;
      const message = `sidecar injection refuses pod ${namespace}/${name}: ${error.message}`;
      const causes = [{ reason: "FieldValueInvalid", field: error.field, message: error.message }];
      return { refusal: { code: 400, reason: "BadRequest", message, causes } };
    }
  };
}

/** A pod keeps the tag that it names. */
function withOwnRevision(pod: Pod, own: Labels | undefined): Pod {
  const revision = own?.[REVISION];
  if (revision === undefined) return pod;
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [REVISION]: revision } } };
}
