import type { Analyzer } from "../analyzer.ts";
import { annotationsAnalyzer } from "./annotations.ts";
import { applicationUidAnalyzer } from "./application-uid.ts";
import { authorizationPoliciesAnalyzer } from "./authorization-policies.ts";
import { conditionsAnalyzer } from "./conditions.ts";
import { deploymentServicesAnalyzer } from "./deployment-services.ts";
import { destinationRuleSubsetsAnalyzer } from "./destination-rule-subsets.ts";
import { destinationRuleTlsAnalyzer } from "./destination-rule-tls.ts";
import { envoyFiltersAnalyzer } from "./envoy-filters.ts";
import { gatewayCertificatesAnalyzer } from "./gateway-certificates.ts";
import { gatewayClassesAnalyzer } from "./gateway-classes.ts";
import { gatewayConflictsAnalyzer } from "./gateway-conflicts.ts";
import { gatewayCredentialsAnalyzer } from "./gateway-credentials.ts";
import { gatewayPortsAnalyzer } from "./gateway-ports.ts";
import { imageAutoAnalyzer } from "./image-auto.ts";
import { ineffectiveSelectorsAnalyzer } from "./ineffective-selectors.ts";
import { injectionAnalyzer } from "./injection.ts";
import { proxyImagesAnalyzer } from "./proxy-images.ts";
import { routeBackendsAnalyzer } from "./route-backends.ts";
import { routeParentsAnalyzer } from "./route-parents.ts";
import { schemaAnalyzer } from "./schema.ts";
import { serviceEntryProtocolsAnalyzer } from "./service-entry-protocols.ts";
import { servicePortNamesAnalyzer } from "./service-port-names.ts";
import { sidecarSelectorsAnalyzer } from "./sidecar-selectors.ts";
import { telemetryProvidersAnalyzer } from "./telemetry-providers.ts";
import { telemetrySelectorsAnalyzer } from "./telemetry-selectors.ts";
import { virtualServiceConflictsAnalyzer } from "./virtual-service-conflicts.ts";
import { virtualServiceGatewaysAnalyzer } from "./virtual-service-gateways.ts";
import { virtualServiceIngressSubsetsAnalyzer } from "./virtual-service-ingress-subsets.ts";
import { virtualServiceJwtClaimsAnalyzer } from "./virtual-service-jwt-claims.ts";
import { virtualServicePortsAnalyzer } from "./virtual-service-ports.ts";
import { virtualServiceHostsAnalyzer, virtualServiceSubsetsAnalyzer } from "./virtual-service-references.ts";
import { webhooksAnalyzer } from "./webhooks.ts";

export const analyzers: readonly Analyzer[] = [
  schemaAnalyzer,
  injectionAnalyzer,
  proxyImagesAnalyzer,
  imageAutoAnalyzer,
  webhooksAnalyzer,
  annotationsAnalyzer,
  applicationUidAnalyzer,
  servicePortNamesAnalyzer,
  deploymentServicesAnalyzer,
  virtualServiceHostsAnalyzer,
  virtualServiceSubsetsAnalyzer,
  virtualServicePortsAnalyzer,
  virtualServiceGatewaysAnalyzer,
  virtualServiceConflictsAnalyzer,
  virtualServiceIngressSubsetsAnalyzer,
  virtualServiceJwtClaimsAnalyzer,
  destinationRuleSubsetsAnalyzer,
  destinationRuleTlsAnalyzer,
  gatewayPortsAnalyzer,
  gatewayConflictsAnalyzer,
  gatewayCredentialsAnalyzer,
  gatewayCertificatesAnalyzer,
  serviceEntryProtocolsAnalyzer,
  sidecarSelectorsAnalyzer,
  telemetryProvidersAnalyzer,
  telemetrySelectorsAnalyzer,
  authorizationPoliciesAnalyzer,
  ineffectiveSelectorsAnalyzer,
  envoyFiltersAnalyzer,
  gatewayClassesAnalyzer,
  routeParentsAnalyzer,
  routeBackendsAnalyzer,
  conditionsAnalyzer,
];
