/** Istio's kinds: networking, security, telemetry and extensions. */
import type { Kind } from "../kind.ts";
import { authorizationPolicyKind } from "./authorization-policy.ts";
import { destinationRuleKind } from "./destination-rule.ts";
import { envoyFilterKind } from "./envoy-filter.ts";
import { gatewayKind } from "./gateway.ts";
import { peerAuthenticationKind } from "./peer-authentication.ts";
import { proxyConfigKind } from "./proxy-config.ts";
import { requestAuthenticationKind } from "./request-authentication.ts";
import { serviceEntryKind } from "./service-entry.ts";
import { sidecarKind } from "./sidecar.ts";
import { telemetryKind } from "./telemetry.ts";
import { virtualServiceKind } from "./virtual-service.ts";
import { wasmPluginKind } from "./wasm-plugin.ts";
import { workloadEntryKind } from "./workload-entry.ts";
import { workloadGroupKind } from "./workload-group.ts";

export const istioKinds: readonly Kind[] = [
  virtualServiceKind,
  destinationRuleKind,
  gatewayKind,
  serviceEntryKind,
  workloadEntryKind,
  workloadGroupKind,
  sidecarKind,
  envoyFilterKind,
  proxyConfigKind,
  peerAuthenticationKind,
  requestAuthenticationKind,
  authorizationPolicyKind,
  telemetryKind,
  wasmPluginKind,
];
