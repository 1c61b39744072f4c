/** What a load balancer must keep to beyond its shape. */
import { each, type Report } from "./report.ts";
import type { LoadBalancerSpec } from "./traffic-policy-schema.ts";
import { checkDuration, isHeaderName } from "./value-checks.ts";

export function checkLoadBalancer(
  report: Report,
  field: string,
  balancer: LoadBalancerSpec | undefined,
  detectsOutliers: boolean,
): void {
  if (!balancer) return;
  const { simple, consistentHash, localityLbSetting, zoneAwareLbSetting, warmup } = balancer;
  if (simple && simple !== "UNSPECIFIED" && consistentHash) {
    report("conflict", field, "a load balancer is simple or consistentHash, not both", "take one out");
  }
  checkConsistentHash(report, `${field}.consistentHash`, consistentHash);
  if (localityLbSetting && zoneAwareLbSetting) {
    report("conflict", `${field}.zoneAwareLbSetting`, "localityLbSetting and zoneAwareLbSetting exclude each other");
  }
  checkLocality(report, `${field}.localityLbSetting`, localityLbSetting, detectsOutliers);
  checkDuration(report, `${field}.warmupDurationSecs`, balancer.warmupDurationSecs);
  checkDuration(report, `${field}.warmup.duration`, warmup?.duration);
  if (warmup?.minimumPercent !== undefined && !(warmup.minimumPercent >= 0 && warmup.minimumPercent <= 100)) {
    report("value", `${field}.warmup.minimumPercent`, `${warmup.minimumPercent} is no percentage`, "give 0 to 100");
  }
  if (warmup?.aggression !== undefined && warmup.aggression <= 0) {
    report("value", `${field}.warmup.aggression`, "aggression is above 0", "1 lets traffic grow evenly");
  }
}

type HashSpec = NonNullable<LoadBalancerSpec["consistentHash"]>;

const KEYS = ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"] as const;

function checkConsistentHash(report: Report, field: string, hash: HashSpec | undefined): void {
  if (!hash) return;
  const keys = KEYS.filter((key) => hash[key]);
  if (keys.length === 0) report("missing", field, "say what to hash", `give one of ${KEYS.join(", ")}`);
  if (keys.length > 1) report("conflict", field, `only one thing can be hashed, not ${keys.join(" and ")}`, "keep one");
  if (hash.httpHeaderName && !isHeaderName(hash.httpHeaderName)) {
    report("value", `${field}.httpHeaderName`, `"${hash.httpHeaderName}" is no header name`);
  }
  if (hash.httpCookie?.name === "") report("missing", `${field}.httpCookie.name`, "a cookie needs a name");
  checkDuration(report, `${field}.httpCookie.ttl`, hash.httpCookie?.ttl, { zero: true });
  const names = new Set<string>();
  each(hash.httpCookie?.attributes, `${field}.httpCookie.attributes`, ({ name }, at) => {
    if (name === "") report("missing", `${at}.name`, "an attribute needs a name");
    if (names.has(name)) report("duplicate", `${at}.name`, `the attribute "${name}" is there already`);
    names.add(name);
  });
  if (hash.ringHash && hash.maglev)
    report("conflict", `${field}.maglev`, "the algorithm is ringHash or maglev, not both");
  if (hash.minimumRingSize && (hash.ringHash || hash.maglev)) {
    report("conflict", `${field}.minimumRingSize`, "minimumRingSize cannot go with ringHash or maglev", "take it out");
  }
  const size = hash.maglev?.tableSize;
  if (hash.maglev && !(size && size < 5000011 && isPrime(size))) {
    report(
      "value",
      `${field}.maglev.tableSize`,
      `${size ?? 0} is no size of a Maglev table`,
      "give a prime below 5000011, such as 65537",
    );
  }
}

function isPrime(n: number): boolean {
  if (n < 2) return false;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

type LocalitySpec = NonNullable<LoadBalancerSpec["localityLbSetting"]>;

function checkLocality(
  report: Report,
  field: string,
  setting: LocalitySpec | undefined,
  detectsOutliers: boolean,
): void {
  if (!setting) return;
  const { distribute, failover, failoverPriority } = setting;
  if (distribute?.length && (failover?.length || failoverPriority?.length)) {
    report("conflict", field, "localities are distributed or failed over, not both", "take distribute or failover out");
  }
  each(distribute, `${field}.distribute`, ({ from = "", to = {} }, at) => {
    if (from === "") report("missing", `${at}.from`, "say for which locality");
    const weights = Object.values(to);
    if (weights.some((weight) => weight === 0)) {
      report("value", `${at}.to`, "a weight of 0 says nothing", "leave that locality out");
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total !== 100) report("value", `${at}.to`, `the weights add up to ${total}`, "let them add up to 100");
  });
  each(failover, `${field}.failover`, ({ from = "", to = "" }, at) => {
    if (from === "" || to === "") report("missing", at, "a failover goes from one region to another");
    else if (from === to) report("value", at, `a failover from ${from} to itself does nothing`, "name another region");
  });
  if ((failover?.length || failoverPriority?.length) && !detectsOutliers) {
    const message = "without outlierDetection nothing tells when to fail over";
    report("missing", field, message, "give outlierDetection beside loadBalancer");
  }
}
