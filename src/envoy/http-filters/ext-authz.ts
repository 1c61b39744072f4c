import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ApiVersion } from "#envoy/config/core/v3/config_source_pb.js";
import { ExtAuthzSchema } from "#envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import type { HttpFilter } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { type ListStringMatcher, ListStringMatcherSchema } from "#envoy/type/matcher/v3/string_pb.js";
import { StatusCode } from "#envoy/type/v3/http_status_pb.js";
import { textMatch } from "../../mesh/security/authorization-values.ts";
import { pack } from "../any.ts";
import { milliseconds } from "../durations.ts";
import { grpcService, providerCluster, whereAsked } from "../rbac/ext-authz.ts";
import { type Ask, customSteps } from "../rbac/steps.ts";
import { textMatcher } from "../rbac/texts.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { EXT_AUTHZ, RBAC } from "./names.ts";
import { rulesFilter } from "./rbac.ts";

/** Asks the providers of CUSTOM policies about what those match. */
export const extAuthz: FilterBuilder = ({ policies: { authorization } }) =>
  customSteps(authorization?.custom ?? [], "HTTP").map((step) =>
    step.type === "Ask" ? askFilter(step) : rulesFilter(step),
  );

type Config = MessageInitShape<typeof ExtAuthzSchema>;

function askFilter(ask: Ask): HttpFilter {
  const { failOpen, clearRouteCache, statusOnError, body } = ask.provider;
  return httpFilter(
    EXT_AUTHZ,
    pack(ExtAuthzSchema, {
      ...asked(ask),
      transportApiVersion: ApiVersion.V3,
      failureModeAllow: failOpen,
      clearRouteCache,
      // Envoy refuses a status that it has no name for
      ...(StatusCode[statusOnError] !== undefined && statusOnError > 0 && { statusOnError: { code: statusOnError } }),
      ...(body && {
        withRequestBody: {
          maxRequestBytes: body.maxBytes,
          allowPartialMessage: body.allowPartial,
          packAsBytes: body.packAsBytes,
        },
      }),
      filterEnabledMetadata: whereAsked(ask, RBAC),
    }),
  );
}

function asked(ask: Ask): Pick<Exclude<Config, { $typeName: string }>, "services" | "allowedHeaders"> {
  const { http, timeoutMs } = ask.provider;
  if (!http) return { services: { case: "grpcService", value: grpcService(ask) } };
  const added = Object.entries(http.addedHeaders).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    services: {
      case: "httpService",
      value: {
        pathPrefix: http.pathPrefix,
        serverUri: {
          uri: `http://${ask.host}`,
          httpUpstreamType: { case: "cluster", value: providerCluster(ask) },
          timeout: milliseconds(timeoutMs),
        },
        ...(added.length > 0 && {
          authorizationRequest: { headersToAdd: added.map(([key, value]) => ({ key, value })) },
        }),
        authorizationResponse: {
          ...named("allowedUpstreamHeaders", http.toUpstreamOnAllow),
          ...named("allowedClientHeaders", http.toDownstreamOnDeny),
          ...named("allowedClientHeadersOnSuccess", http.toDownstreamOnAllow),
        },
      },
    },
    ...named("allowedHeaders", http.requestHeaders),
  };
}

/** Headers by their names; an empty list is left out, since to Envoy it is none, and absence is its default. */
function named<K extends string>(field: K, names: readonly string[]): { [field in K]?: ListStringMatcher } {
  if (names.length === 0) return {};
  const patterns = names.map((name) => textMatcher(textMatch(name), true));
  const result: { [field in K]?: ListStringMatcher } = {};
  result[field] = create(ListStringMatcherSchema, { patterns });
  return result;
}
