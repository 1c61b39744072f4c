import { deploymentKind } from "../../kinds/core/deployment.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { type Service, serviceKind } from "../../kinds/core/service.ts";
import { labelTexts, selects } from "../../mesh/labels.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";
import { isMeshed } from "../meshed.ts";
import type { Report } from "../messages.ts";
import type { Workload } from "../workloads.ts";

export const deploymentServicesAnalyzer: Analyzer = {
  name: "deployment.MultiServiceAnalyzer",
  description: "Checks that the Services of a Deployment do not contradict each other about its ports",
  needs: [deploymentKind, namespaceKind, serviceKind],
  analyze(world, report) {
    const selecting = world.objects(serviceKind).filter(({ spec }) => labelTexts(spec.selector ?? {}).length > 0);
    const byLabel = Map.groupBy(
      selecting,
      ({ metadata, spec }) => `${metadata.namespace}/${labelTexts(spec.selector ?? {})[0]}`,
    );
    for (const workload of world.workloads.all) {
      if (workload.object.kind !== deploymentKind.type.kind || !isMeshed(world, workload)) continue;
      const services = labelTexts(workload.labels)
        .flatMap((label) => byLabel.get(`${workload.namespace}/${label}`) ?? [])
        .filter(({ spec }) => selects(spec.selector ?? {}, workload.labels));
      if (services.length > 1) check(report, workload, services);
    }
  },
};

function check(report: Report, { object }: Workload, services: readonly Service[]): void {
  const ports = services.flatMap(({ metadata, spec }) =>
    (spec.ports ?? []).map(({ port, protocol = "TCP", targetPort }) => ({
      service: metadata.name,
      port,
      protocol,
      target: String(targetPort || port),
    })),
  );
  for (const [port, same] of Map.groupBy(ports, (each) => each.port)) {
    if (new Set(same.map(({ protocol }) => protocol)).size < 2) continue;
    const text = `Deployment ${object.metadata.name} has Services with port ${port} but different protocols: ${servicesOf(same)}`;
    const remedy = "give the Services different ports";
    report("DeploymentAssociatedToMultipleServices", object, "metadata.name", text, remedy);
  }
  for (const [target, same] of Map.groupBy(ports, (each) => each.target)) {
    const numbers = [...new Set(same.map(({ port }) => port))].sort((a, b) => a - b);
    if (numbers.length < 2) continue;
    const text = `Deployment ${object.metadata.name} has Services ${servicesOf(same)} with targetPort ${target} but different ports: ${numbers.join(", ")}`;
    report("DeploymentConflictingPorts", object, "metadata.name", text, "give the Services the same port");
  }
}

function servicesOf(ports: readonly { service: string }[]): string {
  return enumeration([...new Set(ports.map(({ service }) => service))].sort());
}
