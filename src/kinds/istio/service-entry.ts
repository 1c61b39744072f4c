import { AGE, istioKind } from "./common.ts";
import { collect } from "./report.ts";
import { checkServiceEntry, warnServiceEntry } from "./service-entry-checks.ts";
import { ServiceEntrySpec } from "./service-entry-schema.ts";

export const serviceEntryKind = istioKind<ServiceEntrySpec>(
  {
    group: "networking",
    version: "v1",
    otherVersions: ["v1beta1", "v1alpha3"],
    kind: "ServiceEntry",
    plural: "serviceentries",
  },
  ServiceEntrySpec,
  {
    description:
      "ServiceEntry makes a host known to the mesh: one outside of it, or one made of workloads that are no pods.",
    shortNames: ["se"],
    columns: [
      { name: "Hosts", type: "string", jsonPath: ".spec.hosts" },
      { name: "Location", type: "string", jsonPath: ".spec.location" },
      { name: "Resolution", type: "string", jsonPath: ".spec.resolution" },
      AGE,
    ],
    listMapKeys: { "spec.ports": ["name"] },
    validate: ({ spec, metadata }) =>
      collect((report) => spec && checkServiceEntry(report, spec, metadata.namespace ?? "")),
    warn: ({ spec }) => collect((report) => spec && warnServiceEntry(report, spec)),
  },
);
