import type { Reader } from "../../engine/derived.ts";
import type { ClusterSpec } from "../../mesh/lookups.ts";
import type { TrafficPolicy } from "../../mesh/model.ts";
import { asksForAddress } from "../clusters/discovery.ts";
import type { ServerTls } from "../clusters/transport-sockets.ts";
import { meshTlsOf } from "../mesh-tls.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";

/** How the proxies of a service are spoken to. */
export function serverTls(read: Reader, mesh: MeshRows, found: ClusterSpec, scope: Scope): ServerTls {
  return {
    ...meshTlsOf(mesh.settings(read), scope.identity),
    names: mesh.secureNames(read, found.service, found.port.number),
    auto: autoMtls(read, mesh, found, scope.type),
  };
}

function autoMtls(read: Reader, mesh: MeshRows, found: ClusterSpec, client: Scope["type"]): ServerTls["auto"] {
  const { service, port, subsetLabels } = found;
  if (!mesh.settings(read).autoMtls || service.meshExternal) return "None";
  if (!asksForAddress({ ...found, client })) return "Marked";
  // Envoy does not know whom it speaks to then: mutual TLS is for all of them or for none
  const endpoints = mesh.endpoints(read, service.host, port.number, subsetLabels);
  return endpoints.length > 0 && endpoints.every(({ meshed }) => meshed) ? "All" : "None";
}

/** Credentials of Secrets are for gateways, and for the sidecars of those workloads that a rule selects. */
export function policyFor(client: Scope["type"], { policy, selective }: ClusterSpec): TrafficPolicy {
  if (client === "Gateway" || selective || !policy.tls?.credentialName) return policy;
  const { credentialName: _name, ...tls } = policy.tls;
  return { ...policy, tls };
}
