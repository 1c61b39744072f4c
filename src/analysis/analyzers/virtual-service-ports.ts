import { serviceKind } from "../../kinds/core/service.ts";
import { serviceEntryKind } from "../../kinds/istio/service-entry.ts";
import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import { destinationsOf } from "../../mesh/destinations.ts";
import { resolveHost } from "../../mesh/hosts.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import { findService } from "../../mesh/services.ts";
import type { Analyzer } from "../analyzer.ts";

export const virtualServicePortsAnalyzer: Analyzer = {
  name: "virtualservice.DestinationPortAnalyzer",
  description: "Checks that VirtualServices say which port they mean of services with several",
  needs: [serviceEntryKind, serviceKind, virtualServiceKind],
  analyze({ objects, mesh, read }, report) {
    const { clusterDomain } = settingsOf(mesh, read);
    for (const object of objects(virtualServiceKind)) {
      const { namespace = "" } = object.metadata;
      for (const { field, destination } of destinationsOf(object.spec ?? {})) {
        if (destination.port?.number) continue;
        const service = findService(
          mesh.services,
          read,
          namespace,
          resolveHost(destination.host, namespace, clusterDomain),
        );
        if (!service || service.ports.length < 2) continue;
        const ports = service.ports.map(({ number }) => number).join(", ");
        const text = `the VirtualService routes to ${destination.host}, which has several ports (${ports}), and does not say which`;
        report("VirtualServiceDestinationPortSelectorRequired", object, field, text, "give the destination a port");
      }
    }
  },
};
