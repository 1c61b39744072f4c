import { Type } from "typebox";
import { istioKind, PolicySelector, shape, text, textMap } from "./common.ts";
import { checkLabels } from "./hosts-checks.ts";
import { collect } from "./report.ts";

const ProxyConfigSpec = shape(
  "ProxyConfigSpec",
  {},
  {
    selector: PolicySelector,
    concurrency: Type.Integer({ minimum: 0, maximum: 2147483647 }),
    environmentVariables: textMap,
    image: shape("ProxyImage", {}, { imageType: text }),
  },
);
type ProxyConfigSpec = Type.Static<typeof ProxyConfigSpec>;

export const proxyConfigKind = istioKind<ProxyConfigSpec>(
  { group: "networking", version: "v1beta1", kind: "ProxyConfig", plural: "proxyconfigs" },
  ProxyConfigSpec,
  {
    description: "ProxyConfig sets how the proxies of workloads run: threads, environment, image.",
    validate: ({ spec }) =>
      collect((report) => checkLabels(report, "spec.selector.matchLabels", spec?.selector?.matchLabels)),
  },
);
