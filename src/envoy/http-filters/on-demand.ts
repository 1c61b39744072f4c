import { OnDemandSchema } from "#envoy/extensions/filters/http/on_demand/v3/on_demand_pb.js";
import { pack } from "../any.ts";
import { ads } from "../config-sources.ts";
import { noTimeout, seconds } from "../durations.ts";
import { type FilterBuilder, httpFilter } from "./filter.ts";
import { ON_DEMAND } from "./names.ts";

/** How long a request or connection waits for a cluster: then 503. An answering control plane needs milliseconds. */
export const ON_DEMAND_TIMEOUT_S = 3;

/** Holds a request until its virtual host and its cluster have come. */
export const onDemand: FilterBuilder = ({ direction, lazy }) =>
  direction === "Outbound" && lazy
    ? httpFilter(
        ON_DEMAND,
        pack(OnDemandSchema, { odcds: { source: ads(noTimeout()), timeout: seconds(ON_DEMAND_TIMEOUT_S) } }),
      )
    : undefined;
