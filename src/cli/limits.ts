/** `lateen x ratelimit`: of each rule what was asked and refused, and who is refused now. */
import { LateenError } from "../errors.ts";
import { rateLimitKind } from "../kinds/lateen/rate-limit.ts";
import type { Key, RateLimit, Rule } from "../kinds/lateen/rate-limit-schema.ts";
import { ruleId } from "../mesh/security/rate-limit-model.ts";
import type { TallyRow } from "../rate-limiter/tally.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { type Counted, countedGlobally, refusedLocally } from "./limit-counts.ts";
import { table } from "./table.ts";

export interface LimitsOptions extends ClusterOption {
  namespace?: string;
  output: "text" | "json";
}

interface Line {
  policy: string;
  rule: Rule;
  /** Undefined where nothing counts them: a proxy counts only what it refuses. */
  requests?: number;
  refused: number;
  limited: TallyRow["limited"];
}

export async function limits(name: string | undefined, options: LimitsOptions): Promise<void> {
  const lines = await withCluster(options, async (cluster) => {
    const { items } = await cluster.store.list<RateLimit>(rateLimitKind.type, {
      ...(options.namespace !== undefined && { namespace: options.namespace }),
    });
    const policies = items.filter(({ metadata }) => name === undefined || metadata.name === name);
    if (policies.length === 0) throw nothing(name);
    const [counted, refused] = await Promise.all([countedGlobally(cluster), refusedLocally(cluster, policies)]);
    return policies.flatMap((policy) => policy.spec.rules.map((rule) => lineOf(policy, rule, counted, refused)));
  });
  if (options.output === "json") console.log(JSON.stringify(lines, undefined, 2));
  else for (const line of table(HEADER, lines.map(cells))) console.log(line);
}

function nothing(name: string | undefined): LateenError {
  return new LateenError(
    "LTN6405",
    name === undefined ? "there is no RateLimit" : `there is no RateLimit ${name}`,
    "See kubectl get ratelimits -A, and docs/rate-limits.md for how to write one.",
  );
}

function lineOf(policy: RateLimit, rule: Rule, counted: Counted, refused: ReadonlyMap<string, number>): Line {
  const { namespace = "", name } = policy.metadata;
  const id = ruleId({ origin: { kind: "", namespace, name }, name: rule.name });
  const line = { policy: `${namespace}/${name}`, rule };
  if (rule.scope !== "Global") return { ...line, refused: refused.get(id) ?? 0, limited: [] };
  const row = counted.get(id);
  return { ...line, requests: row?.requests ?? 0, refused: row?.refused ?? 0, limited: row?.limited ?? [] };
}

const HEADER = ["POLICY", "RULE", "SCOPE", "LIMIT", "BY", "REQUESTS", "REFUSED", "REFUSED IN THE LAST MINUTE"];
const SHOWN = 3;

function cells({ policy, rule, requests, refused, limited }: Line): string[] {
  const { name, scope = "Local", limit, by = [] } = rule;
  return [
    policy,
    name,
    scope,
    `${limit.requests} in ${limit.per}`,
    by.map(keyText).join(", ") || "-",
    requests === undefined ? "-" : String(requests),
    String(refused),
    limited
      .slice(0, SHOWN)
      .map(({ who, refused: times }) => `${who} (${times})`)
      .join(", ") || "-",
  ];
}

function keyText({ header, claim, identity }: Key): string {
  if (header !== undefined) return `header ${header}`;
  if (claim !== undefined) return `claim ${claim}`;
  return identity ?? "address";
}
