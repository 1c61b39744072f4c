import { AGE, istioKind } from "./common.ts";
import { collect } from "./report.ts";
import { checkVirtualService } from "./virtual-service-checks.ts";
import { VirtualServiceSpec } from "./virtual-service-schema.ts";
import { warnVirtualService } from "./virtual-service-warnings.ts";

export const virtualServiceKind = istioKind<VirtualServiceSpec>(
  {
    group: "networking",
    version: "v1",
    otherVersions: ["v1beta1", "v1alpha3"],
    kind: "VirtualService",
    plural: "virtualservices",
  },
  VirtualServiceSpec,
  {
    description:
      "VirtualService routes the requests to a host: by what they are, in shares, with faults, retries, timeouts.",
    shortNames: ["vs"],
    columns: [
      { name: "Gateways", type: "string", jsonPath: ".spec.gateways", description: "The gateways it is bound to" },
      { name: "Hosts", type: "string", jsonPath: ".spec.hosts", description: "The hosts it routes" },
      AGE,
    ],
    validate: ({ spec, metadata }) =>
      collect((report) => checkVirtualService(report, spec ?? {}, metadata.namespace ?? "")),
    warn: ({ spec, metadata }) => collect((report) => warnVirtualService(report, spec ?? {}, metadata.namespace ?? "")),
  },
);
