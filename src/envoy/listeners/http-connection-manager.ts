import type { Filter } from "#envoy/config/listener/v3/listener_components_pb.js";
import type { RouteConfiguration } from "#envoy/config/route/v3/route_pb.js";
import {
  HttpConnectionManager_ForwardClientCertDetails as Forward,
  HttpConnectionManagerSchema,
  HttpConnectionManager_PathWithEscapedSlashesAction as Slashes,
  HttpConnectionManager_ServerHeaderTransformation as Transformation,
} from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { MeshSettings } from "../../mesh/model.ts";
import { type Fields, pack } from "../any.ts";
import { ads } from "../config-sources.ts";
import { noTimeout, seconds } from "../durations.ts";
import { httpFilters } from "../http-filters/chain.ts";
import type { HttpPolicies } from "../http-filters/filter.ts";
import { withoutForgedClaims } from "../http-filters/jwt-authn.ts";
import { statName } from "../names.ts";
import { limitAnswers } from "../rate-limits/local-reply.ts";
import { markUndelivered } from "../undelivered.ts";
import { accessLogs } from "./access-logs.ts";
import { networkFilter } from "./network-filters.ts";

export interface HttpParams {
  role: "SidecarOutbound" | "SidecarInbound" | "Gateway";
  /** In statistics: `outbound_0.0.0.0_9080`. */
  statPrefix: string;
  /** The name of a route configuration that the control plane serves, or one that stands here. */
  routes: string | RouteConfiguration;
  /** Virtual hosts and clusters come when first needed. */
  lazy: boolean;
  accessLogFile: string;
  /** What is enforced on those who call. Absent: nothing. */
  policies?: HttpPolicies;
  /** How requests are read. */
  requests?: RequestSettings;
}

export type RequestSettings = Partial<Pick<MeshSettings, "pathNormalization" | "trustedProxies" | "gatewayClientCert">>;

/**
 * How long a request may stand still before it has a route, which only happens when a virtual host is fetched on demand
 * and the control plane is away: then 504. Routes take the limit off again (routes/actions.ts).
 */
const ROUTELESS_LIMIT_S = 10;

export function httpConnectionManager(params: HttpParams): Filter {
  const { role, routes, lazy, policies = {} } = params;
  return networkFilter(
    "envoy.filters.network.http_connection_manager",
    pack(HttpConnectionManagerSchema, {
      statPrefix: statName(params.statPrefix),
      routeSpecifier:
        typeof routes === "string"
          ? { case: "rds", value: { configSource: ads(noTimeout()), routeConfigName: routes } }
          : { case: "routeConfig", value: routes },
      earlyHeaderMutationExtensions: withoutForgedClaims(policies.authentication),
      httpFilters: httpFilters({ direction: role === "SidecarInbound" ? "Inbound" : "Outbound", lazy, policies }),
      accessLog: accessLogs(params.accessLogFile),
      ...paths(params.requests?.pathNormalization),
      streamIdleTimeout: lazy ? seconds(ROUTELESS_LIMIT_S) : noTimeout(),
      upgradeConfigs: [{ upgradeType: "websocket" }],
      ...identity(role, params.requests ?? {}),
      ...localReplies(params),
    }),
  );
}

function localReplies({ role, policies }: HttpParams): Fields<typeof HttpConnectionManagerSchema> {
  const mappers = [...limitAnswers(policies?.rateLimits), ...(role === "SidecarInbound" ? [markUndelivered()] : [])];
  return mappers.length > 0 ? { localReplyConfig: { mappers } } : {};
}

/** Policies and routes look at what comes out of this. Absent: as Istio does it by default. */
function paths(how: RequestSettings["pathNormalization"] = "BASE"): Fields<typeof HttpConnectionManagerSchema> {
  return {
    normalizePath: how !== "NONE",
    mergeSlashes: how === "MERGE_SLASHES" || how === "DECODE_AND_MERGE_SLASHES",
    pathWithEscapedSlashesAction:
      how === "DECODE_AND_MERGE_SLASHES" ? Slashes.UNESCAPE_AND_FORWARD : Slashes.KEEP_UNCHANGED,
  };
}

/** A gateway faces strangers: it says who it is, and writes the headers that say who they are. A sidecar is not seen. */
function identity(role: HttpParams["role"], settings: RequestSettings): Fields<typeof HttpConnectionManagerSchema> {
  if (role !== "Gateway") {
    return {
      useRemoteAddress: false,
      serverHeaderTransformation: Transformation.PASS_THROUGH,
      ...(role === "SidecarInbound" && inbound()),
    };
  }
  return {
    useRemoteAddress: true,
    xffNumTrustedHops: settings.trustedProxies ?? 0,
    serverName: "istio-envoy",
    forwardClientCertDetails: Forward[settings.gatewayClientCert ?? "SANITIZE_SET"],
    setCurrentClientCertDetails: { subject: true, cert: true, dns: true, uri: true },
  };
}

/** Who calls is mostly a proxy, which closes what is idle after an hour: it should be the first to, or it may just then
 * send a request. */
const CLIENTS_IDLE_S = 2 * 3600;

function inbound(): Fields<typeof HttpConnectionManagerSchema> {
  return {
    // Envoy takes the header away from who does not come by mutual TLS. Of the others it keeps what they say about who
    // called them, which their own proxy has vouched for, and adds who they are.
    forwardClientCertDetails: Forward.APPEND_FORWARD,
    setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
    commonHttpProtocolOptions: { idleTimeout: seconds(CLIENTS_IDLE_S) },
  };
}
