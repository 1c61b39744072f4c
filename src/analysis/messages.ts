/** What analysis can say: Istio's names, codes and levels, with Istio's meaning. docs/analysis.md has a line for each. */
import { type KubeObject, keyOf } from "../store/object.ts";

export const LEVELS = ["Info", "Warning", "Error"] as const;
export type Level = (typeof LEVELS)[number];

export const MESSAGES = {
  Deprecated: { code: "IST0002", level: "Warning" },
  ReferencedResourceNotFound: { code: "IST0101", level: "Error" },
  NamespaceNotInjected: { code: "IST0102", level: "Info" },
  PodMissingProxy: { code: "IST0103", level: "Warning" },
  SchemaValidationError: { code: "IST0106", level: "Error" },
  MisplacedAnnotation: { code: "IST0107", level: "Warning" },
  UnknownAnnotation: { code: "IST0108", level: "Warning" },
  ConflictingMeshGatewayVirtualServiceHosts: { code: "IST0109", level: "Error" },
  ConflictingSidecarWorkloadSelectors: { code: "IST0110", level: "Error" },
  MultipleSidecarsWithoutWorkloadSelectors: { code: "IST0111", level: "Error" },
  VirtualServiceDestinationPortSelectorRequired: { code: "IST0112", level: "Error" },
  DeploymentAssociatedToMultipleServices: { code: "IST0116", level: "Warning" },
  PortNameIsNotUnderNamingConvention: { code: "IST0118", level: "Info" },
  NamespaceMultipleInjectionLabels: { code: "IST0123", level: "Warning" },
  InvalidAnnotation: { code: "IST0125", level: "Warning" },
  NoMatchingWorkloadsFound: { code: "IST0127", level: "Warning" },
  NoServerCertificateVerificationDestinationLevel: { code: "IST0128", level: "Warning" },
  NoServerCertificateVerificationPortLevel: { code: "IST0129", level: "Warning" },
  VirtualServiceUnreachableRule: { code: "IST0130", level: "Warning" },
  VirtualServiceIneffectiveMatch: { code: "IST0131", level: "Info" },
  VirtualServiceHostNotFoundInGateway: { code: "IST0132", level: "Warning" },
  SchemaWarning: { code: "IST0133", level: "Warning" },
  ServiceEntryAddressesRequired: { code: "IST0134", level: "Warning" },
  DeprecatedAnnotation: { code: "IST0135", level: "Info" },
  DeploymentConflictingPorts: { code: "IST0137", level: "Warning" },
  GatewayDuplicateCertificate: { code: "IST0138", level: "Warning" },
  InvalidWebhook: { code: "IST0139", level: "Error" },
  IngressRouteRulesNotAffected: { code: "IST0140", level: "Warning" },
  InvalidApplicationUID: { code: "IST0144", level: "Warning" },
  ConflictingGateways: { code: "IST0145", level: "Error" },
  ImageAutoWithoutInjectionWarning: { code: "IST0146", level: "Warning" },
  ImageAutoWithoutInjectionError: { code: "IST0147", level: "Error" },
  NamespaceInjectionEnabledByDefault: { code: "IST0148", level: "Info" },
  JwtClaimBasedRoutingWithoutRequestAuthN: { code: "IST0149", level: "Error" },
  ExternalNameServiceTypeInvalidPortName: { code: "IST0150", level: "Warning" },
  EnvoyFilterUsesRelativeOperation: { code: "IST0151", level: "Warning" },
  EnvoyFilterUsesReplaceOperationIncorrectly: { code: "IST0152", level: "Error" },
  EnvoyFilterUsesAddOperationIncorrectly: { code: "IST0153", level: "Error" },
  EnvoyFilterUsesRemoveOperationIncorrectly: { code: "IST0154", level: "Error" },
  EnvoyFilterUsesRelativeOperationWithProxyVersion: { code: "IST0155", level: "Warning" },
  InvalidTelemetryProvider: { code: "IST0157", level: "Warning" },
  PodsIstioProxyImageMismatchInNamespace: { code: "IST0158", level: "Warning" },
  ConflictingTelemetryWorkloadSelectors: { code: "IST0159", level: "Error" },
  MultipleTelemetriesWithoutWorkloadSelectors: { code: "IST0160", level: "Error" },
  InvalidGatewayCredential: { code: "IST0161", level: "Error" },
  GatewayPortNotDefinedOnService: { code: "IST0162", level: "Warning" },
  IneffectiveSelector: { code: "IST0166", level: "Warning" },
  NegativeConditionStatus: { code: "IST0171", level: "Warning" },
  DestinationRuleSubsetNotSelectPods: { code: "IST0173", level: "Error" },
  UnknownDestinationRuleHost: { code: "IST0174", level: "Warning" },
  ConflictingServiceEntryProtocol: { code: "IST0177", level: "Warning" },
} as const satisfies Record<string, { code: string; level: Level }>;

export type MessageName = keyof typeof MESSAGES;

export interface Message {
  name: MessageName;
  code: string;
  level: Level;
  object: KubeObject;
  /** `spec.http[0].route[0].destination.host`; "" for the object as a whole. */
  field: string;
  /** `vs.yaml:13`, where the object came from a file. */
  place?: string;
  text: string;
  remedy?: string;
}

/** Tells of one thing in an object: the field, what is wrong, and what to do. */
export type Report = (name: MessageName, object: KubeObject, field: string, text: string, remedy?: string) => void;

/** `VirtualService default/reviews`, as `istioctl` names objects. */
export function originOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

/** Istio's pages about the codes. */
export const DOCUMENTATION = "https://istio.io/latest/docs/reference/config/analysis/";

export function documentationOf({ code }: Message): string {
  return `${DOCUMENTATION}${code.toLowerCase()}/`;
}

export function isKnownCode(code: string): boolean {
  return Object.values(MESSAGES).some((message) => message.code === code);
}

/** Whether a message of this level is as grave as the threshold, or graver. */
export function levelFrom(level: Level, threshold: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(threshold);
}
