/**
 * The webhooks' configurations: whose pods are injected, whose objects validated, by which revision. The control plane
 * writes `caBundle` into them when it runs, and lets validation fail closed only once it answers.
 */
import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "../../kinds/core/webhook-configuration.ts";
import { meshKinds } from "../../kinds/mesh-kinds.ts";
import { DEFAULT_REVISION, ownLabels, revisioned } from "./names.ts";

type Labels = Record<string, string>;
interface Requirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

const absent = (key: string): Requirement => ({ key, operator: "DoesNotExist" });
const among = (key: string, ...values: string[]): Requirement => ({ key, operator: "In", values });
const except = (key: string, ...values: string[]): Requirement => ({ key, operator: "NotIn", values });

/** Pods there keep the cluster going: they must come up whatever becomes of a mesh. */
const NEVER = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

const REVISION = "istio.io/rev";
const NAMESPACE_LABEL = "istio-injection";
const POD_LABEL = "sidecar.istio.io/inject";

export interface InjectionOptions {
  /** The revision whose control plane injects. */
  revision: string;
  /** Where it runs. */
  namespace: string;
  enableNamespacesByDefault: boolean;
  reinvocationPolicy: "Never" | "IfNeeded";
}

interface Selection {
  namespaces: Requirement[];
  pods: Requirement[];
}

/** Who asks for a revision, or for a tag, by its name: in the namespace's label, or in the pod's. */
function byName(name: string, namespace: string): [string, Selection][] {
  return [
    [
      "rev.namespace",
      {
        namespaces: [among(REVISION, name), absent(NAMESPACE_LABEL), spared(namespace)],
        pods: [except(POD_LABEL, "false")],
      },
    ],
    [
      "rev.object",
      {
        namespaces: [absent(REVISION), absent(NAMESPACE_LABEL), spared()],
        pods: [except(POD_LABEL, "false"), among(REVISION, name)],
      },
    ],
  ];
}

/** Who asks for injection without saying by whom. */
function byDefault({ namespace, enableNamespacesByDefault }: InjectionOptions): [string, Selection][] {
  const unlabelled = [absent(NAMESPACE_LABEL), absent(REVISION)];
  return [
    [
      "namespace",
      { namespaces: [among(NAMESPACE_LABEL, "enabled"), spared(namespace)], pods: [except(POD_LABEL, "false")] },
    ],
    ["object", { namespaces: [...unlabelled, spared()], pods: [among(POD_LABEL, "true"), absent(REVISION)] }],
    ...(enableNamespacesByDefault
      ? [
          [
            "auto",
            { namespaces: [...unlabelled, spared(namespace)], pods: [absent(POD_LABEL), absent(REVISION)] },
          ] satisfies [string, Selection],
        ]
      : []),
  ];
}

function spared(...more: string[]): Requirement {
  return except("kubernetes.io/metadata.name", ...NEVER, ...more);
}

/** Injection by a revision, or under a tag that stands for it. */
function injector(name: string, labels: Labels, asked: string, options: InjectionOptions) {
  const { revision, namespace, reinvocationPolicy } = options;
  const selections = [...byName(asked, namespace), ...(asked === DEFAULT_REVISION ? byDefault(options) : [])];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name, labels: { app: "sidecar-injector", [REVISION]: revision, ...ownLabels("Pilot"), ...labels } },
    webhooks: selections.map(([prefix, { namespaces, pods }]) => ({
      name: `${prefix}.sidecar-injector.istio.io`,
      clientConfig: { service: { name: revisioned("istiod", revision), namespace, path: "/inject", port: 443 } },
      sideEffects: "None",
      rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "*" }],
      // A pod without its sidecar would be let out of the mesh, and of its policies.
      failurePolicy: "Fail",
      reinvocationPolicy,
      admissionReviewVersions: ["v1"],
      namespaceSelector: { matchExpressions: namespaces },
      objectSelector: { matchExpressions: pods },
    })),
  } satisfies MutatingWebhookConfiguration;
}

/** Injection by the revision's own name. */
export function revisionInjector(options: InjectionOptions): MutatingWebhookConfiguration {
  return injector(revisioned("istio-sidecar-injector", options.revision), {}, options.revision, options);
}

/** `lateen tag set prod --revision canary`: namespaces labelled `istio.io/rev=prod` get canary's sidecars. */
export function tagInjector(tag: string, options: InjectionOptions): MutatingWebhookConfiguration {
  return injector(`istio-revision-tag-${tag}`, { "istio.io/tag": tag }, tag, options);
}

/** Objects that name this revision. */
export function revisionValidator(revision: string, namespace: string): ValidatingWebhookConfiguration {
  const name = `${revisioned("istio-validator", revision)}-${namespace}`;
  return validator(name, "rev.validation.istio.io", among(REVISION, revision), "Pilot", revision, namespace);
}

/** Objects that name none: nearly all. */
export function defaultValidator(revision: string, namespace: string): ValidatingWebhookConfiguration {
  const webhook = "validation.istio.io";
  return validator("istiod-default-validator", webhook, absent(REVISION), "Base", revision, namespace);
}

function validator(
  name: string,
  webhook: string,
  objects: Requirement,
  component: "Base" | "Pilot",
  revision: string,
  namespace: string,
): ValidatingWebhookConfiguration {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name, labels: { app: "istiod", istio: "istiod", [REVISION]: revision, ...ownLabels(component) } },
    webhooks: [
      {
        name: webhook,
        clientConfig: { service: { name: revisioned("istiod", revision), namespace, path: "/validate", port: 443 } },
        sideEffects: "None",
        rules: [
          {
            operations: ["CREATE", "UPDATE"],
            apiGroups: [...new Set(meshKinds.map(({ type }) => type.group))].sort(),
            apiVersions: ["*"],
            resources: ["*"],
            scope: "*",
          },
        ],
        // Until the control plane answers. Then it says Fail itself.
        failurePolicy: "Ignore",
        admissionReviewVersions: ["v1"],
        objectSelector: { matchExpressions: [objects] },
      },
    ],
  };
}
