import { Type } from "typebox";
import { exclusive, given, ruled } from "./cel.ts";
import {
  AGE,
  bool,
  duration,
  istioKind,
  list,
  ONE_TARGET,
  oneOf,
  PolicySelector,
  shape,
  TargetRef,
  text,
} from "./common.ts";
import { checkTarget } from "./policy-target.ts";
import { collect, each, eachEntry, type Report } from "./report.ts";
import { checkDuration } from "./value-checks.ts";

const filled = Type.String({ minLength: 1 });
const mode = oneOf("CLIENT_AND_SERVER", "CLIENT", "SERVER");
const providers = list(shape("ProviderRef", { name: filled }, {}));

const CustomTag = exclusive(
  shape(
    "CustomTag",
    {},
    {
      literal: shape("Literal", { value: filled }, {}),
      environment: shape("Environment", { name: filled }, { defaultValue: text }),
      header: shape("RequestHeader", { name: filled }, { defaultValue: text }),
      formatter: shape("Formatter", { value: filled }, {}),
    },
  ),
  ["literal", "environment", "header", "formatter"],
);

const Tracing = shape(
  "Tracing",
  {},
  {
    match: shape("TracingSelector", {}, { mode }),
    providers,
    randomSamplingPercentage: Type.Number({ minimum: 0, maximum: 100 }),
    disableSpanReporting: bool,
    disableContextPropagation: bool,
    customTags: Type.Record(Type.String(), CustomTag),
    useRequestIdForTraceSampling: bool,
    enableIstioTags: bool,
  },
);

const metric = oneOf(
  "ALL_METRICS",
  "REQUEST_COUNT",
  "REQUEST_DURATION",
  "REQUEST_SIZE",
  "RESPONSE_SIZE",
  "TCP_OPENED_CONNECTIONS",
  "TCP_CLOSED_CONNECTIONS",
  "TCP_SENT_BYTES",
  "TCP_RECEIVED_BYTES",
  "GRPC_REQUEST_MESSAGES",
  "GRPC_RESPONSE_MESSAGES",
);

const TagOverride = ruled(shape("TagOverride", {}, { operation: oneOf("UPSERT", "REMOVE"), value: text }), {
  [`${given("operation", "''")} != 'UPSERT' || ${given("value", "''")} != ''`]: "UPSERT needs a value",
  [`${given("operation", "''")} != 'REMOVE' || !has(self.value)`]: "REMOVE has no value",
});

const MetricsOverride = shape(
  "MetricsOverrides",
  {},
  {
    match: exclusive(shape("MetricSelector", {}, { metric, customMetric: filled, mode }), ["metric", "customMetric"]),
    disabled: bool,
    tagOverrides: Type.Record(Type.String(), TagOverride),
  },
);

const TelemetrySpec = ruled(
  shape(
    "TelemetrySpec",
    {},
    {
      selector: PolicySelector,
      targetRef: TargetRef,
      targetRefs: Type.Array(TargetRef, { maxItems: 16 }),
      tracing: list(Tracing),
      metrics: list(shape("Metrics", {}, { providers, overrides: list(MetricsOverride), reportingInterval: duration })),
      accessLogging: list(
        shape(
          "AccessLogging",
          {},
          {
            match: shape("LogSelector", {}, { mode }),
            providers,
            disabled: bool,
            filter: shape("Filter", {}, { expression: text }),
          },
        ),
      ),
    },
  ),
  ONE_TARGET,
);
type TelemetrySpec = Type.Static<typeof TelemetrySpec>;

export const telemetryKind = istioKind<TelemetrySpec>(
  { group: "telemetry", version: "v1", otherVersions: ["v1alpha1"], kind: "Telemetry", plural: "telemetries" },
  TelemetrySpec,
  {
    description: "Telemetry says what workloads measure, trace and log.",
    shortNames: ["telemetry"],
    columns: [AGE],
    validate: ({ spec }) => collect((report) => check(report, spec ?? {})),
  },
);

function check(report: Report, spec: TelemetrySpec): void {
  checkTarget(report, spec);
  each(spec.tracing, "spec.tracing", (tracing, at) => {
    if ((tracing.providers?.length ?? 0) > 1)
      report("value", `${at}.providers`, "traces go to one provider", "keep one");
    eachEntry(tracing.customTags, `${at}.customTags`, (name, tag, place) => {
      if (name === "") report("missing", place, "a tag needs a name");
      if (Object.keys(tag).length !== 1) {
        report("conflict", place, "a tag has one source", "give literal, environment, header or formatter");
      }
    });
  });
  each(spec.metrics, "spec.metrics", (metrics, at) => {
    checkDuration(report, `${at}.reportingInterval`, metrics.reportingInterval);
    each(metrics.overrides, `${at}.overrides`, ({ match, tagOverrides }, place) => {
      if (match?.metric && match.customMetric)
        report("conflict", `${place}.match`, "match metric or customMetric, not both");
      eachEntry(tagOverrides, `${place}.tagOverrides`, (_name, { operation = "UPSERT", value }, tag) => {
        if (operation === "UPSERT" && !value) report("missing", `${tag}.value`, "UPSERT needs a value");
        if (operation === "REMOVE" && value) report("conflict", `${tag}.value`, "REMOVE has no value", "take it out");
      });
    });
  });
}
