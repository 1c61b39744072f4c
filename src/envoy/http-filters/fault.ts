import { HTTPFaultSchema } from "#envoy/extensions/filters/http/fault/v3/fault_pb.js";
import { pack } from "../any.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { FAULT } from "./names.ts";

/** Delays and aborts as the route's own configuration says (routes/faults.ts). */
export const fault: FilterBuilder = ({ direction }) =>
  direction === "Outbound" ? httpFilter(FAULT, pack(HTTPFaultSchema)) : undefined;
