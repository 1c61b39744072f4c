/** What the status of a GatewayClass says. */
import { gatewayClassKind } from "../../kinds/gateway-api/gateway-class.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import { condition } from "./conditions.ts";

/** The Gateway API version of the CRDs that Lateen brings. */
const BUNDLE_VERSION = "v1.6";

/** What of the Gateway API's optional features is served, in upstream's names. */
const SUPPORTED_FEATURES = [
  "BackendTLSPolicy",
  "BackendTLSPolicySANValidation",
  "GRPCRoute",
  "GRPCRouteNamedRouteRule",
  "Gateway",
  "GatewayAddressEmpty",
  "GatewayBackendClientCertificate",
  "GatewayFrontendClientCertificateValidation",
  "GatewayFrontendClientCertificateValidationInsecureFallback",
  "GatewayHTTPListenerIsolation",
  "GatewayHTTPSListenerDetectMisdirectedRequests",
  "GatewayInfrastructure",
  "GatewayPort8080",
  "GatewayStaticAddresses",
  "HTTPRoute",
  "HTTPRoute303RedirectStatusCode",
  "HTTPRoute307RedirectStatusCode",
  "HTTPRoute308RedirectStatusCode",
  "HTTPRouteBackendProtocolH2C",
  "HTTPRouteBackendProtocolWebSocket",
  "HTTPRouteBackendRequestHeaderModification",
  "HTTPRouteBackendTimeout",
  "HTTPRouteCORS",
  "HTTPRouteDestinationPortMatching",
  "HTTPRouteHostRewrite",
  "HTTPRouteMethodMatching",
  "HTTPRouteNamedRouteRule",
  "HTTPRouteParentRefPort",
  "HTTPRoutePathRedirect",
  "HTTPRoutePathRewrite",
  "HTTPRoutePortRedirect",
  "HTTPRouteQueryParamMatching",
  "HTTPRouteRequestMirror",
  "HTTPRouteRequestMultipleMirrors",
  "HTTPRouteRequestPercentageMirror",
  "HTTPRouteRequestTimeout",
  "HTTPRouteResponseHeaderModification",
  "HTTPRouteRetry",
  "HTTPRouteRetryBackendTimeout",
  "HTTPRouteRetryConnectionError",
  "HTTPRouteSchemeRedirect",
  "ListenerSet",
  "ReferenceGrant",
  "TCPRoute",
  "TLSRoute",
  "TLSRouteModeMixed",
  "TLSRouteModeTerminate",
];

export interface GatewayClassStatus {
  conditions: readonly ConditionRow[];
  supportedFeatures: readonly { name: string }[];
}

export function gatewayClassStatus(
  name: string,
  generation: number,
  parametersRef: boolean,
): StatusRow<GatewayClassStatus> {
  const fault = parametersRef
    ? { reason: "InvalidParameters", message: "parametersRef is not served: remove it" }
    : undefined;
  return {
    type: gatewayClassKind.type,
    namespace: "",
    name,
    status: {
      conditions: [
        condition("Accepted", generation, fault, { reason: "Accepted", message: "Served by Lateen" }),
        condition("SupportedVersion", generation, undefined, {
          reason: "SupportedVersion",
          message: `Gateway API ${BUNDLE_VERSION} is served`,
        }),
      ],
      supportedFeatures: SUPPORTED_FEATURES.map((feature) => ({ name: feature })),
    },
  };
}
