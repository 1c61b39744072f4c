import type { KubeObject } from "../../../store/object.ts";
import type { Installation } from "../installation.ts";
import { pilotMeta, pilotSelector, revisioned } from "../names.ts";

export function service(installation: Installation): KubeObject {
  const { serviceAnnotations, ipFamilyPolicy, ipFamilies } = installation.values.pilot;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...pilotMeta(installation, revisioned("istiod", installation.revision)),
      ...(serviceAnnotations && { annotations: serviceAnnotations }),
    },
    spec: {
      ports: [
        { name: "https-dns", port: 15012, targetPort: 15012, protocol: "TCP" },
        { name: "https-webhook", port: 443, targetPort: 15017, protocol: "TCP" },
        { name: "http-monitoring", port: 15014, targetPort: 15014, protocol: "TCP" },
      ],
      selector: pilotSelector(installation),
      ...(ipFamilyPolicy && { ipFamilyPolicy }),
      ...(ipFamilies && { ipFamilies }),
    },
  };
}
