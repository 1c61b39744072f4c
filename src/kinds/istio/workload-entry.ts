import { AGE, istioKind } from "./common.ts";
import { collect } from "./report.ts";
import { checkWorkloadEntry } from "./workload-entry-checks.ts";
import { addressed, WorkloadEntrySpec } from "./workload-entry-schema.ts";

export const workloadEntryKind = istioKind<WorkloadEntrySpec>(
  {
    group: "networking",
    version: "v1",
    otherVersions: ["v1beta1", "v1alpha3"],
    kind: "WorkloadEntry",
    plural: "workloadentries",
  },
  addressed(WorkloadEntrySpec),
  {
    description: "WorkloadEntry is one workload that is no pod: its address, labels and identity.",
    shortNames: ["we"],
    columns: [AGE, { name: "Address", type: "string", jsonPath: ".spec.address" }],
    validate: ({ spec }) => collect((report) => checkWorkloadEntry(report, "spec", spec ?? {}, { names: true })),
  },
);
