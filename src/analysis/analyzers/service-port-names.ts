import { serviceKind } from "../../kinds/core/service.ts";
import { portProtocol } from "../../mesh/protocol.ts";
import type { Analyzer } from "../analyzer.ts";
import { isControlPlane } from "../control-plane.ts";

/** Gateways that are deployed automatically get their Services from the control plane. */
const MANAGED = "gateway.istio.io/managed";

export const servicePortNamesAnalyzer: Analyzer = {
  name: "service.PortNameAnalyzer",
  description: "Checks that the ports of Services name their protocol",
  needs: [serviceKind],
  analyze({ objects }, report) {
    for (const object of objects(serviceKind)) {
      const { spec, metadata } = object;
      if (isControlPlane(object) || metadata.labels?.[MANAGED] !== undefined) continue;
      spec.ports?.forEach(({ name, port: number, protocol, appProtocol, targetPort = number }, i) => {
        const external = spec.type === "ExternalName";
        const named = portProtocol({ number, name, transport: protocol, appProtocol }) !== "Auto";
        if (named && !(external && name === "tcp")) return;
        const field = `spec.ports[${i}].name`;
        const remedy = "name it after its protocol, such as http, http-web, grpc or tcp-db, or give appProtocol";
        if (external) {
          const text = `port ${name ?? number} of an ExternalName Service does not name the protocol: requests may not be forwarded as they should`;
          report("ExternalNameServiceTypeInvalidPortName", object, field, text, remedy);
        } else {
          const text = `port name ${JSON.stringify(name ?? "")} (port ${number}, targetPort ${targetPort}) does not begin with a protocol: it is detected for each connection`;
          report("PortNameIsNotUnderNamingConvention", object, field, text, remedy);
        }
      });
    }
  },
};
