import { CorsSchema } from "#envoy/extensions/filters/http/cors/v3/cors_pb.js";
import { pack } from "../any.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { CORS } from "./names.ts";

/** Answers preflights as the route's own configuration says (routes/cors.ts). */
export const cors: FilterBuilder = ({ direction }) =>
  direction === "Outbound" ? httpFilter(CORS, pack(CorsSchema)) : undefined;
