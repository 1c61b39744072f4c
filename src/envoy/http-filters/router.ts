import { RouterSchema } from "#envoy/extensions/filters/http/router/v3/router_pb.js";
import { pack } from "../any.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { ROUTER } from "./names.ts";

export const router: FilterBuilder = () => httpFilter(ROUTER, pack(RouterSchema));
