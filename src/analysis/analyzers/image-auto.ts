import { deploymentKind } from "../../kinds/core/deployment.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { podKind } from "../../kinds/core/pod.ts";
import { mutatingWebhookConfigurationKind } from "../../kinds/core/webhook-configuration.ts";
import { PROXY_CONTAINER } from "../../kubernetes/inject/proxy-container.ts";
import type { Analyzer } from "../analyzer.ts";
import { injectionWebhooks, takes } from "../injection-webhooks.ts";
import type { Workload } from "../workloads.ts";

export const imageAutoAnalyzer: Analyzer = {
  name: "injection.ImageAutoAnalyzer",
  description: "Checks that pods whose proxy has `image: auto` are injected, which gives them the real one",
  needs: [namespaceKind, mutatingWebhookConfigurationKind],
  analyze({ objects, find, workloads }, report) {
    const hooks = injectionWebhooks(objects(mutatingWebhookConfigurationKind));
    for (const workload of workloads.all) {
      const field = autoImage(workload);
      if (field === undefined) continue;
      const { object, namespace, labels } = workload;
      const text = `${object.kind} ${object.metadata.name} has \`image: auto\`, but no webhook of Istio's injects it`;
      const remedy = "label it or its namespace for injection, as in sidecar.istio.io/inject=true";
      // A pod that has it still was not injected, whatever the webhooks say.
      if (object.kind === podKind.type.kind) report("ImageAutoWithoutInjectionError", object, field, text, remedy);
      else if (object.kind === deploymentKind.type.kind) {
        const namespaceLabels = find(namespaceKind, namespace)?.metadata.labels ?? {};
        if (hooks.some(({ webhook }) => takes(webhook, namespaceLabels, labels))) continue;
        report("ImageAutoWithoutInjectionWarning", object, field, text, remedy);
      }
    }
  },
};

function autoImage({ spec, at }: Workload): string | undefined {
  const i = spec.containers.findIndex(({ name, image }) => name === PROXY_CONTAINER && image === "auto");
  return i < 0 ? undefined : `${at}spec.containers[${i}].image`;
}
