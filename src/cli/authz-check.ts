import type { AuthorizationAnswer, PolicyInForce } from "../control-plane/authorization-answers.ts";
import { LateenError } from "../errors.ts";
import { type Cluster, type ClusterOption, withCluster } from "./cluster.ts";
import { askControlPlanes } from "./control-planes.ts";
import { findProxyPod } from "./kubernetes/find-pod.ts";
import { bad, good } from "./marks.ts";
import { table } from "./table.ts";

export interface AuthzCheckOptions extends ClusterOption {
  namespace?: string;
  from?: string;
  /** METHOD PATH */
  to?: string[];
  tcp?: boolean;
  host?: string;
  port?: number;
  ip?: string;
  sni?: string;
  header?: string[];
  claim?: string[];
  output: string;
}

/** The policies in force at a pod; none when it has no proxy, or no control plane says so. */
export async function policiesAt(cluster: Cluster, namespace: string, name: string): Promise<readonly PolicyInForce[]> {
  const query = new URLSearchParams({ pod: `${namespace}/${name}` });
  const [reply] = await askControlPlanes<AuthorizationAnswer>(cluster, `/debug/authz?${query}`);
  return reply?.body.policies ?? [];
}

/** `ALLOW viewer.default: 2 rules` */
export function policyText(policy: PolicyInForce): string {
  return `${actionText(policy)} ${policy.name}.${policy.namespace}: ${policy.rules} rule${policy.rules === 1 ? "" : "s"}`;
}

/** `lateen x authz check`: which policies are in force at a pod; with a call, whether they allow it, and which rule. */
export async function authzCheck(word: string, options: AuthzCheckOptions): Promise<void> {
  const query = queryOf(options);
  await withCluster(options, async (cluster) => {
    const { name, namespace } = await findProxyPod(cluster, word, options.namespace);
    query.set("pod", `${namespace}/${name}`);
    const [reply] = await askControlPlanes<AuthorizationAnswer>(cluster, `/debug/authz?${query}`);
    if (!reply) {
      const remedy = "Policies are enforced by the proxies of those who are called: see lateen x check-inject.";
      throw new LateenError("LTN6301", `${name} in namespace ${namespace} has no proxy`, remedy);
    }
    const answer = reply.body;
    for (const line of options.output === "json" ? [JSON.stringify(answer, undefined, 2)] : lines(answer)) {
      console.log(line);
    }
    // as `kubectl auth can-i`
    if (answer.verdict && !answer.verdict.allowed) process.exitCode = 1;
  });
}

function queryOf({ from, to, tcp, host, port, ip, sni, header = [], claim = [] }: AuthzCheckOptions): URLSearchParams {
  const query = new URLSearchParams();
  const [method, path = "/", ...rest] = to ?? [];
  if (rest.length > 0) throw new LateenError("LTN6302", "--to takes a method and a path", "As --to GET /reviews/1.");
  if (from !== undefined && method === undefined && !tcp) {
    throw new LateenError("LTN6302", "--from needs a call", "Say which: --to GET /reviews/1, or --tcp.");
  }
  const fields = { method, path, host, port: port?.toString(), ip, sni, from: from && identity(from) };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, value);
  if (tcp) query.set("tcp", "true");
  for (const each of header) query.append("header", each);
  for (const each of claim) query.append("claim", each);
  return query;
}

/** `default/sleep` (the control plane knows its trust domain), `cluster.local/ns/default/sa/sleep` as policies have it, or all of it with `spiffe://`. */
function identity(text: string): string {
  if (text.startsWith("spiffe://")) return text;
  if (/^[^/]+\/ns\/[^/]+\/sa\/[^/]+$/.test(text)) return `spiffe://${text}`;
  if (/^[^/]+\/[^/]+$/.test(text)) return text;
  const remedy = "Write NAMESPACE/SERVICEACCOUNT, or spiffe://DOMAIN/ns/NAMESPACE/sa/SERVICEACCOUNT.";
  throw new LateenError("LTN6303", `"${text}" is no identity`, remedy);
}

function lines({ pod, policies, verdict }: AuthorizationAnswer): string[] {
  if (verdict) {
    const { allowed, reason, notes } = verdict;
    return [allowed ? good(`allowed: ${reason}`) : bad(`denied: ${reason}`), ...notes.map((note) => `  ${note}`)];
  }
  if (policies.length === 0) return [`No AuthorizationPolicy is for ${pod}: every call is allowed.`];
  return table(
    ["ACTION", "AuthorizationPolicy", "RULES"],
    policies.map((policy) => [actionText(policy), `${policy.name}.${policy.namespace}`, String(policy.rules)]),
  );
}

function actionText({ action, dryRun, provider }: PolicyInForce): string {
  return `${action}${provider === undefined ? "" : ` (${provider})`}${dryRun ? ", dry run" : ""}`;
}
