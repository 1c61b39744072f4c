/** The shape of a VirtualService. */
import { Type } from "typebox";
import { exclusive } from "./cel.ts";
import {
  bool,
  Destination,
  duration,
  type IstioObject,
  int32,
  list,
  oneOf,
  Percent,
  StringMatch,
  shape,
  text,
  textMap,
  texts,
  uint32,
} from "./common.ts";

const stringMatches = Type.Record(Type.String(), StringMatch);

const HeaderOperations = shape("HeaderOperations", {}, { set: textMap, add: textMap, remove: texts });
export type HeaderOperationsSpec = Type.Static<typeof HeaderOperations>;

const Headers = shape("Headers", {}, { request: HeaderOperations, response: HeaderOperations });
export type HeadersSpec = Type.Static<typeof Headers>;

const HttpMatchRequest = shape(
  "HTTPMatchRequest",
  {},
  {
    name: text,
    uri: StringMatch,
    scheme: StringMatch,
    method: StringMatch,
    authority: StringMatch,
    headers: stringMatches,
    withoutHeaders: stringMatches,
    queryParams: stringMatches,
    ignoreUriCase: bool,
    port: uint32,
    sourceLabels: textMap,
    sourceNamespace: text,
    gateways: texts,
    statPrefix: text,
  },
);
export type HttpMatchSpec = Type.Static<typeof HttpMatchRequest>;

const HttpRouteDestination = shape(
  "HTTPRouteDestination",
  { destination: Destination },
  { weight: int32, headers: Headers },
);
export type HttpDestinationSpec = Type.Static<typeof HttpRouteDestination>;

const HttpRedirect = exclusive(
  shape(
    "HTTPRedirect",
    {},
    {
      uri: text,
      prefixRewrite: text,
      authority: text,
      port: uint32,
      derivePort: oneOf("FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"),
      scheme: text,
      redirectCode: uint32,
    },
  ),
  ["port", "derivePort"],
);

const HttpRewrite = shape(
  "HTTPRewrite",
  {},
  { uri: text, authority: text, uriRegexRewrite: shape("RegexRewrite", {}, { match: text, rewrite: text }) },
);

const HttpRetry = shape(
  "HTTPRetry",
  {},
  {
    attempts: int32,
    perTryTimeout: duration,
    retryOn: text,
    retryRemoteLocalities: bool,
    retryIgnorePreviousHosts: bool,
    backoff: duration,
  },
);

const FaultInjection = shape(
  "HTTPFaultInjection",
  {},
  {
    delay: exclusive(
      shape("Delay", {}, { fixedDelay: duration, exponentialDelay: duration, percent: int32, percentage: Percent }),
      ["fixedDelay", "exponentialDelay"],
    ),
    abort: exclusive(
      shape("Abort", {}, { httpStatus: int32, grpcStatus: text, http2Error: text, percentage: Percent }),
      ["httpStatus", "grpcStatus", "http2Error"],
    ),
  },
);

const CorsPolicy = shape(
  "CorsPolicy",
  {},
  {
    allowOrigins: list(StringMatch),
    /** Deprecated by Istio in favour of allowOrigins. */
    allowOrigin: texts,
    allowMethods: texts,
    allowHeaders: texts,
    exposeHeaders: texts,
    maxAge: duration,
    allowCredentials: bool,
    unmatchedPreflights: oneOf("UNSPECIFIED", "FORWARD", "IGNORE"),
  },
);
export type CorsSpec = Type.Static<typeof CorsPolicy>;

export const HttpRouteSpec = shape(
  "HTTPRoute",
  {},
  {
    name: text,
    match: list(HttpMatchRequest),
    route: list(HttpRouteDestination),
    redirect: HttpRedirect,
    directResponse: shape(
      "HTTPDirectResponse",
      { status: uint32 },
      { body: exclusive(shape("HTTPBody", {}, { string: text, bytes: text }), ["string", "bytes"]) },
    ),
    delegate: shape("Delegate", {}, { name: text, namespace: text }),
    rewrite: HttpRewrite,
    timeout: duration,
    retries: HttpRetry,
    fault: FaultInjection,
    mirror: Destination,
    mirrors: list(shape("HTTPMirrorPolicy", { destination: Destination }, { percentage: Percent })),
    mirrorPercent: uint32,
    mirror_percent: uint32,
    mirrorPercentage: Percent,
    corsPolicy: CorsPolicy,
    headers: Headers,
  },
);
export type HttpRouteSpec = Type.Static<typeof HttpRouteSpec>;

const RouteDestination = shape("RouteDestination", { destination: Destination }, { weight: int32 });
export type RouteDestinationSpec = Type.Static<typeof RouteDestination>;

const connectionMatch = {
  destinationSubnets: texts,
  port: uint32,
  sourceLabels: textMap,
  sourceNamespace: text,
  gateways: texts,
};

const TcpRouteSpec = shape(
  "TCPRoute",
  {},
  {
    match: list(shape("L4MatchAttributes", {}, { ...connectionMatch, sourceSubnet: text })),
    route: list(RouteDestination),
  },
);
export type TcpRouteSpec = Type.Static<typeof TcpRouteSpec>;

const TlsRouteSpec = shape(
  "TLSRoute",
  { match: list(shape("TLSMatchAttributes", { sniHosts: texts }, connectionMatch)) },
  { route: list(RouteDestination) },
);
export type TlsRouteSpec = Type.Static<typeof TlsRouteSpec>;

export const VirtualServiceSpec = shape(
  "VirtualServiceSpec",
  {},
  {
    hosts: texts,
    gateways: texts,
    http: list(HttpRouteSpec),
    tls: list(TlsRouteSpec),
    tcp: list(TcpRouteSpec),
    exportTo: texts,
  },
);
export type VirtualServiceSpec = Type.Static<typeof VirtualServiceSpec>;
export type VirtualService = IstioObject<VirtualServiceSpec>;
