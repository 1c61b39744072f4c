import type { Any } from "@bufbuild/protobuf/wkt";
import { CorsPolicySchema } from "#envoy/extensions/filters/http/cors/v3/cors_pb.js";
import type { CorsPolicy } from "../../mesh/model.ts";
import { pack } from "../any.ts";
import { fraction } from "../percent.ts";
import { stringMatcher } from "../string-matches.ts";

/** The route's own configuration of the CORS filter. */
export function corsConfig(cors: CorsPolicy): Any {
  return pack(CorsPolicySchema, {
    allowOriginStringMatch: cors.allowOrigins.map(stringMatcher),
    allowMethods: cors.allowMethods.join(","),
    allowHeaders: cors.allowHeaders.join(","),
    exposeHeaders: cors.exposeHeaders.join(","),
    maxAge: cors.maxAgeSeconds === undefined ? "" : String(cors.maxAgeSeconds),
    ...(cors.allowCredentials !== undefined && { allowCredentials: cors.allowCredentials }),
    filterEnabled: { defaultValue: fraction(100) },
    forwardNotMatchingPreflights: cors.unmatchedPreflights !== "Ignore",
  });
}
