/** Services outside the mesh's own rules that are asked whether a request is allowed: MeshConfig's extensionProviders. */
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { durationMs } from "../../kinds/istio/duration.ts";

/** An external authorizer, by HTTP (`envoyExtAuthzHttp`) or by Envoy's gRPC protocol (`envoyExtAuthzGrpc`). */
export interface ExtAuthzProvider {
  name: string;
  /** `foo.default.svc.cluster.local`, or with its namespace before it, `default/foo.example.com`. */
  service: string;
  port: number;
  timeoutMs: number;
  /** Whether a request goes on when the authorizer cannot be asked. */
  failOpen: boolean;
  /** The answer when it cannot be asked; 0: 403. */
  statusOnError: number;
  clearRouteCache: boolean;
  body?: { maxBytes: number; allowPartial: boolean; packAsBytes: boolean };
  /** Absent: it speaks gRPC. */
  http?: {
    pathPrefix: string;
    /** Headers by name; a star at one end stands for any. */
    requestHeaders: readonly string[];
    addedHeaders: Readonly<Record<string, string>>;
    toUpstreamOnAllow: readonly string[];
    toDownstreamOnDeny: readonly string[];
    toDownstreamOnAllow: readonly string[];
  };
}

const texts = Type.Array(Type.String({ pattern: "^(?!\\*?$)" }));

const common = {
  service: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
  timeout: Type.Optional(Type.String()),
  failOpen: Type.Optional(Type.Boolean()),
  clearRouteCache: Type.Optional(Type.Boolean()),
  statusOnError: Type.Optional(Type.String({ pattern: "^[2-5]\\d\\d$" })),
  includeRequestBodyInCheck: Type.Optional(
    Type.Object({
      maxRequestBytes: Type.Integer({ minimum: 1, maximum: 4294967295 }),
      allowPartialMessage: Type.Optional(Type.Boolean()),
      packAsBytes: Type.Optional(Type.Boolean()),
    }),
  ),
};

const Grpc = Type.Object({ name: Type.String(), envoyExtAuthzGrpc: Type.Object(common) });

const Http = Type.Object({
  name: Type.String(),
  envoyExtAuthzHttp: Type.Object({
    ...common,
    pathPrefix: Type.Optional(Type.String({ pattern: "^(/.*)?$" })),
    includeHeadersInCheck: Type.Optional(texts),
    includeRequestHeadersInCheck: Type.Optional(texts),
    includeAdditionalHeadersInCheck: Type.Optional(Type.Record(Type.String(), Type.String())),
    headersToUpstreamOnAllow: Type.Optional(texts),
    headersToDownstreamOnDeny: Type.Optional(texts),
    headersToDownstreamOnAllow: Type.Optional(texts),
  }),
});

/** Those that can be used: who names another one, or one that is wrong, is denied. */
export function extAuthzProviders(extensionProviders: unknown): ExtAuthzProvider[] {
  if (!Array.isArray(extensionProviders)) return [];
  return extensionProviders.flatMap((each: unknown): ExtAuthzProvider[] => {
    if (Check(Grpc, each)) return [{ name: each.name, ...commonOf(each.envoyExtAuthzGrpc) }];
    if (!Check(Http, each)) return [];
    const spec = each.envoyExtAuthzHttp;
    const http = {
      pathPrefix: spec.pathPrefix ?? "",
      requestHeaders: spec.includeRequestHeadersInCheck ?? spec.includeHeadersInCheck ?? [],
      addedHeaders: spec.includeAdditionalHeadersInCheck ?? {},
      toUpstreamOnAllow: spec.headersToUpstreamOnAllow ?? [],
      toDownstreamOnDeny: spec.headersToDownstreamOnDeny ?? [],
      toDownstreamOnAllow: spec.headersToDownstreamOnAllow ?? [],
    };
    return [{ name: each.name, ...commonOf(spec), http }];
  });
}

/** Istio's, in effect for ever: the route's own timeout ends the request first. */
const DEFAULT_TIMEOUT_MS = 600_000;

function commonOf(spec: Static<typeof Grpc>["envoyExtAuthzGrpc"]): Omit<ExtAuthzProvider, "name" | "http"> {
  const body = spec.includeRequestBodyInCheck;
  return {
    service: spec.service,
    port: spec.port,
    timeoutMs: durationMs(spec.timeout ?? "") ?? DEFAULT_TIMEOUT_MS,
    failOpen: spec.failOpen ?? false,
    statusOnError: Number(spec.statusOnError ?? 0),
    clearRouteCache: spec.clearRouteCache ?? false,
    ...(body && {
      body: {
        maxBytes: body.maxRequestBytes,
        allowPartial: body.allowPartialMessage ?? false,
        packAsBytes: body.packAsBytes ?? false,
      },
    }),
  };
}
