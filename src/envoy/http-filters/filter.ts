import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  type HttpFilter,
  HttpFilterSchema,
} from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Authorization } from "../../mesh/security/authorization-model.ts";
import type { RateLimitRule } from "../../mesh/security/rate-limit-model.ts";
import type { Authentication } from "../../mesh/security/request-authentication.ts";

/** What a proxy enforces on those who call its workload. */
export interface HttpPolicies {
  authentication?: Authentication;
  authorization?: Authorization;
  rateLimits?: readonly RateLimitRule[];
}

/** What an HTTP filter may look at when it decides whether and how it stands in a chain. */
export interface FilterContext {
  /** Towards services (from an application, or from outside by a gateway), or towards this pod's application. */
  direction: "Outbound" | "Inbound";
  /** Virtual hosts and clusters come when first needed. */
  lazy: boolean;
  policies: HttpPolicies;
}

/** HTTP filters of one sort: none where they have nothing to do. */
export type FilterBuilder = (context: FilterContext) => HttpFilter | readonly HttpFilter[] | undefined;

export function httpFilter(name: string, config: Any): HttpFilter {
  return create(HttpFilterSchema, { name, configType: { case: "typedConfig", value: config } });
}
