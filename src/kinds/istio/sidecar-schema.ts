/** The shape of a Sidecar. */
import type { Type } from "typebox";
import { Destination, type IstioObject, LabelsSelector, list, oneOf, shape, text, texts, uint32 } from "./common.ts";
import { ServerTls } from "./server-schema.ts";
import { ConnectionPool } from "./traffic-policy-schema.ts";

const SidecarPort = shape("SidecarPort", {}, { number: uint32, protocol: text, name: text, targetPort: uint32 });
const captureMode = oneOf("DEFAULT", "IPTABLES", "NONE");

export const SidecarSpec = shape(
  "SidecarSpec",
  {},
  {
    workloadSelector: LabelsSelector,
    ingress: list(
      shape(
        "IstioIngressListener",
        { port: SidecarPort },
        { bind: text, captureMode, defaultEndpoint: text, tls: ServerTls, connectionPool: ConnectionPool },
      ),
    ),
    egress: list(shape("IstioEgressListener", { hosts: texts }, { port: SidecarPort, bind: text, captureMode })),
    inboundConnectionPool: ConnectionPool,
    outboundTrafficPolicy: shape(
      "OutboundTrafficPolicy",
      {},
      { mode: oneOf("REGISTRY_ONLY", "ALLOW_ANY"), egressProxy: Destination },
    ),
  },
);
export type SidecarSpec = Type.Static<typeof SidecarSpec>;
export type Sidecar = IstioObject<SidecarSpec>;
