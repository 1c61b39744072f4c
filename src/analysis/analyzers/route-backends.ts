import { serviceKind } from "../../kinds/core/service.ts";
import type { Analyzer } from "../analyzer.ts";
import { routesOfFiles } from "../gateway-api-routes.ts";
import { suggester } from "../suggest.ts";

export const routeBackendsAnalyzer: Analyzer = {
  name: "k8sgateway.RouteBackendAnalyzer",
  description: "Checks that the Services to which routes of files lead are there, and their ports",
  needs: [serviceKind],
  analyze(world, report) {
    const suggest = suggester();
    for (const route of routesOfFiles(world)) {
      const home = route.metadata.namespace ?? "";
      route.spec.rules?.forEach(({ backendRefs = [] }, i) => {
        backendRefs.forEach(({ group = "", kind = "Service", name, namespace = home, port }, j) => {
          if (group !== "" || kind !== "Service") return;
          const field = `spec.rules[${i}].backendRefs[${j}]`;
          const key = `${namespace}/${name}`;
          const service = world.find(serviceKind, key);
          if (!service) {
            const names = () =>
              world
                .objects(serviceKind)
                .flatMap(({ metadata }) => (metadata.namespace === namespace ? metadata.name : []));
            const text = `Referenced host not found: ${JSON.stringify(name)}`;
            const remedy = suggest(name, names, `there is no Service ${key}: create it, or correct the name`);
            report("ReferencedResourceNotFound", route, `${field}.name`, text, remedy);
            return;
          }
          const ports = (service.spec.ports ?? []).map((each) => each.port);
          if (port === undefined || ports.includes(port)) return;
          const text = `Referenced host:port not found: ${JSON.stringify(`${name}:${port}`)}`;
          report("ReferencedResourceNotFound", route, `${field}.port`, text, `the Service has ${ports.join(", ")}`);
        });
      });
    }
  },
};
