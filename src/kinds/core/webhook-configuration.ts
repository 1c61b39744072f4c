/** Admission webhooks, kept so that YAML that holds them applies. The one-machine world calls none. */
import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { anything, int, LabelSelector, list, oneOf, port, shape, text, texts } from "./shape.ts";

const ClientConfig = shape(
  "WebhookClientConfig",
  {},
  {
    caBundle: text,
    url: text,
    service: shape("ServiceReference", { name: text, namespace: text }, { path: text, port }),
  },
);

const Rule = shape(
  "RuleWithOperations",
  {},
  { apiGroups: texts, apiVersions: texts, operations: texts, resources: texts, scope: text },
);

const required = {
  name: text,
  clientConfig: ClientConfig,
  sideEffects: oneOf("None", "NoneOnDryRun", "Some", "Unknown"),
  admissionReviewVersions: texts,
};

const optional = {
  failurePolicy: oneOf("Ignore", "Fail"),
  matchPolicy: oneOf("Exact", "Equivalent"),
  matchConditions: list(anything),
  namespaceSelector: LabelSelector,
  objectSelector: LabelSelector,
  rules: list(Rule),
  timeoutSeconds: int,
};

const MutatingWebhook = shape("MutatingWebhook", required, {
  ...optional,
  reinvocationPolicy: oneOf("Never", "IfNeeded"),
});
const ValidatingWebhook = shape("ValidatingWebhook", required, optional);

const mutatingSchema = Type.Object({ webhooks: Type.Optional(list(MutatingWebhook)) });
const validatingSchema = Type.Object({ webhooks: Type.Optional(list(ValidatingWebhook)) });

export type MutatingWebhookConfiguration = KubeObject & Type.Static<typeof mutatingSchema>;
export type ValidatingWebhookConfiguration = KubeObject & Type.Static<typeof validatingSchema>;

const group = "admissionregistration.k8s.io";

const filled = { failurePolicy: "Fail", matchPolicy: "Equivalent", timeoutSeconds: 10 } as const;

export const mutatingWebhookConfigurationKind: Kind<MutatingWebhookConfiguration> = {
  type: {
    group,
    version: "v1",
    plural: "mutatingwebhookconfigurations",
    kind: "MutatingWebhookConfiguration",
    namespaced: false,
  },
  singular: "mutatingwebhookconfiguration",
  description: "MutatingWebhookConfiguration names services that may change objects on their way in.",
  schema: mutatingSchema,
  listMapKeys: { webhooks: ["name"] },
  defaults: (configuration) => ({
    ...configuration,
    ...(configuration.webhooks && {
      webhooks: configuration.webhooks.map((hook) => ({
        ...filled,
        reinvocationPolicy: "Never" as const,
        namespaceSelector: {},
        objectSelector: {},
        ...hook,
        ...(hook.rules && { rules: hook.rules.map((rule) => ({ scope: "*", ...rule })) }),
      })),
    }),
  }),
};

export const validatingWebhookConfigurationKind: Kind<ValidatingWebhookConfiguration> = {
  type: {
    group,
    version: "v1",
    plural: "validatingwebhookconfigurations",
    kind: "ValidatingWebhookConfiguration",
    namespaced: false,
  },
  singular: "validatingwebhookconfiguration",
  description: "ValidatingWebhookConfiguration names services that may refuse objects.",
  schema: validatingSchema,
  listMapKeys: { webhooks: ["name"] },
  defaults: (configuration) => ({
    ...configuration,
    ...(configuration.webhooks && {
      webhooks: configuration.webhooks.map((hook) => ({
        ...filled,
        namespaceSelector: {},
        objectSelector: {},
        ...hook,
        ...(hook.rules && { rules: hook.rules.map((rule) => ({ scope: "*", ...rule })) }),
      })),
    }),
  }),
};
