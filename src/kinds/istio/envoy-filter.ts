import { Type } from "typebox";
import { exclusive, given, oneOfFields, ruled } from "./cel.ts";
import {
  int32,
  istioKind,
  LabelsSelector,
  list,
  oneOf,
  portNumber,
  shape,
  struct,
  TargetRef,
  text,
  textMap,
  uint32,
} from "./common.ts";
import { checkLabels } from "./hosts-checks.ts";
import { checkTarget } from "./policy-target.ts";
import { collect, each, type Report } from "./report.ts";

const subFilter = shape("SubFilterMatch", {}, { name: text });
const filter = shape("FilterMatch", {}, { name: text, subFilter });

const ObjectMatch = exclusive(
  ruled(
    shape(
      "EnvoyConfigObjectMatch",
      {},
      {
        context: oneOf("ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY", "WAYPOINT"),
        proxy: shape("ProxyMatch", {}, { proxyVersion: text, metadata: textMap }),
        listener: shape(
          "ListenerMatch",
          {},
          {
            portNumber: uint32,
            portName: text,
            name: text,
            listenerFilter: text,
            filterChain: shape(
              "FilterChainMatch",
              {},
              {
                name: text,
                sni: text,
                transportProtocol: text,
                applicationProtocols: text,
                destinationPort: uint32,
                filter,
              },
            ),
          },
        ),
        routeConfiguration: shape(
          "RouteConfigurationMatch",
          {},
          {
            portNumber: uint32,
            portName: text,
            gateway: text,
            name: text,
            vhost: shape(
              "VirtualHostMatch",
              {},
              {
                name: text,
                domainName: text,
                route: shape(
                  "RouteMatch",
                  {},
                  { name: text, action: oneOf("ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE") },
                ),
              },
            ),
          },
        ),
        cluster: shape("ClusterMatch", {}, { portNumber: uint32, service: text, subset: text, name: text }),
        waypoint: shape("WaypointMatch", {}, { portNumber, filter, route: shape("RouteMatch", {}, { name: text }) }),
      },
    ),
    { [`(${given("context", "''")} == 'WAYPOINT') == has(self.waypoint)`]: "waypoint goes with context WAYPOINT" },
  ),
  ["listener", "routeConfiguration", "cluster", "waypoint"],
);

const Patch = shape(
  "Patch",
  {},
  {
    operation: oneOf(
      "INVALID",
      "MERGE",
      "ADD",
      "REMOVE",
      "INSERT_BEFORE",
      "INSERT_AFTER",
      "INSERT_FIRST",
      "REPLACE",
      "MERGE_AND_REPLACE_LIST",
    ),
    value: struct,
    filterClass: oneOf("UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"),
  },
);

const ConfigPatch = shape(
  "EnvoyConfigObjectPatch",
  {},
  {
    applyTo: oneOf(
      "INVALID",
      "LISTENER",
      "FILTER_CHAIN",
      "NETWORK_FILTER",
      "HTTP_FILTER",
      "ROUTE_CONFIGURATION",
      "VIRTUAL_HOST",
      "HTTP_ROUTE",
      "CLUSTER",
      "EXTENSION_CONFIG",
      "BOOTSTRAP",
      "LISTENER_FILTER",
    ),
    match: ObjectMatch,
    patch: Patch,
  },
);
type ConfigPatch = Type.Static<typeof ConfigPatch>;

const EnvoyFilterSpec = ruled(
  shape(
    "EnvoyFilterSpec",
    {},
    {
      workloadSelector: LabelsSelector,
      targetRefs: Type.Array(TargetRef, { maxItems: 16 }),
      configPatches: list(ConfigPatch),
      priority: int32,
    },
  ),
  oneOfFields("workloadSelector", "targetRefs"),
);
type EnvoyFilterSpec = Type.Static<typeof EnvoyFilterSpec>;

export const envoyFilterKind = istioKind<EnvoyFilterSpec>(
  { group: "networking", version: "v1alpha3", kind: "EnvoyFilter", plural: "envoyfilters" },
  EnvoyFilterSpec,
  {
    description: "EnvoyFilter changes the configuration that proxies get, as Envoy has it.",
    validate: ({ spec }) => collect((report) => check(report, spec ?? {})),
  },
);

function check(report: Report, spec: EnvoyFilterSpec): void {
  const { workloadSelector, targetRefs } = spec;
  checkLabels(report, "spec.workloadSelector.labels", workloadSelector?.labels);
  if (workloadSelector && targetRefs) {
    report("conflict", "spec.targetRefs", "workloadSelector and targetRefs exclude each other", "keep one");
  }
  checkTarget(report, targetRefs ? { targetRefs } : {});
  each(spec.configPatches, "spec.configPatches", (patch, at) => checkPatch(report, at, patch));
}

function checkPatch(report: Report, field: string, { applyTo, match, patch }: ConfigPatch): void {
  if (applyTo === undefined || applyTo === "INVALID")
    report("missing", `${field}.applyTo`, "say what is to be changed");
  const operation = patch?.operation;
  if (operation === undefined || operation === "INVALID") {
    report("missing", `${field}.patch.operation`, "say how it is to be changed", "use MERGE, ADD, REMOVE and so on");
  } else if (operation !== "REMOVE" && !patch?.value) {
    report("missing", `${field}.patch.value`, `${operation} needs a value`);
  }
  const inserts = operation === "INSERT_BEFORE" || operation === "INSERT_AFTER";
  const ordered = ["NETWORK_FILTER", "HTTP_FILTER", "HTTP_ROUTE", "LISTENER_FILTER"].includes(applyTo ?? "");
  if (inserts && !ordered) {
    report("conflict", `${field}.patch.operation`, `${applyTo} has no order to insert into`, "use ADD");
  }
  const objects = (["listener", "routeConfiguration", "cluster", "waypoint"] as const).filter((name) => match?.[name]);
  if (objects.length > 1) report("conflict", `${field}.match`, `match one object, not ${objects.join(" and ")}`);
}
