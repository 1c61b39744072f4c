import type { MessageInitShape } from "@bufbuild/protobuf";
import { ExpressionFilterSchema } from "#envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import type { ResponseMapperSchema } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { RateLimitRule } from "../../mesh/security/rate-limit-model.ts";
import { pack } from "../any.ts";
import { POLICY_HEADER, refusalBody } from "./answers.ts";

/** Gives answers about Local limits a body that says which limit it was. The service writes those about Global ones. */
export function limitAnswers(
  rules: readonly RateLimitRule[] | undefined,
): MessageInitShape<typeof ResponseMapperSchema>[] {
  if (!rules?.some(({ scope }) => scope === "Local")) return [];
  const expression = "response.code_details == 'local_rate_limited'";
  return [
    {
      filter: {
        filterSpecifier: {
          case: "extensionFilter",
          value: {
            name: "envoy.access_loggers.extension_filters.cel",
            configType: { case: "typedConfig", value: pack(ExpressionFilterSchema, { expression }) },
          },
        },
      },
      bodyFormatOverride: {
        format: {
          case: "textFormatSource",
          value: { specifier: { case: "inlineString", value: refusalBody(`%RESP(${POLICY_HEADER})%`) } },
        },
      },
    },
  ];
}
