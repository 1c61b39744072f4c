import { HttpFilterSchema } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Rule } from "../../kinds/lateen/rate-limit-schema.ts";
import { ruleOf } from "../../mesh/security/rate-limits.ts";
import { localRateLimit } from "../http-filters/local-rate-limit.ts";
import { rateLimit } from "../http-filters/rate-limit.ts";
import { json } from "../json.ts";
import { goldenTests } from "../testing/golden.ts";

const POLICY = { kind: "policy.lateen.dev/RateLimit", namespace: "default", name: "shop" };

goldenTests("rate-limits", (text) => {
  const { rules }: { rules: Rule[] } = JSON.parse(text);
  const policies = { rateLimits: rules.map((rule) => ruleOf(POLICY, rule)) };
  const filters = (direction: "Outbound" | "Inbound") =>
    [localRateLimit, rateLimit]
      .flatMap((build) => build({ direction, lazy: false, policies }) ?? [])
      .map((filter) => json(HttpFilterSchema, filter));
  return { gateway: filters("Outbound"), sidecar: filters("Inbound") };
});
