/** Which AuthorizationPolicies are in force at a pod, and what they would do with a call. */
import { plainReader } from "../engine/plain-reader.ts";
import type { MeshRows } from "../envoy/wire/mesh-rows.ts";
import type { Workload } from "../mesh/model.ts";
import { isHttp } from "../mesh/protocol.ts";
import type {
  Authorization,
  AuthorizationAction,
  AuthorizationPolicy,
  NamedRule,
} from "../mesh/security/authorization-model.ts";
import { type Call, evaluate, type Verdict } from "../mesh/security/evaluate.ts";
import { normalizedPath } from "../mesh/security/normalized-path.ts";
import { peerModeAt } from "../mesh/security/peer-modes.ts";
import { formatSpiffeId } from "../mesh/spiffe.ts";

export interface AuthorizationAnswer {
  /** `namespace/name` */
  pod: string;
  policies: readonly PolicyInForce[];
  /** Of the call that was asked about. */
  verdict?: CallVerdict;
}

export interface PolicyInForce {
  action: AuthorizationAction;
  namespace: string;
  name: string;
  rules: number;
  dryRun: boolean;
  /** Of CUSTOM. */
  provider?: string;
}

export interface CallVerdict {
  allowed: boolean;
  /** A sentence. */
  reason: string;
  by?: RuleRef;
  /** What else happens: who is asked, what is audited, what policies would do that are only tried. */
  notes: readonly string[];
}

export interface RuleRef {
  action: AuthorizationAction;
  namespace: string;
  policy: string;
  rule: number;
}

/**
 * Undefined when there is no such pod, or it has no proxy. Query: `pod=NS/NAME`; of a call `method`, `path`, `host`,
 * `port`, `from` (an identity, or `NS/SERVICEACCOUNT`), `ip`, `sni`, any number of `header=NAME:VALUE` and `claim=NAME=VALUE`; `tcp` for one
 * that is no request.
 */
export function authorizationAnswer(mesh: MeshRows, query: URLSearchParams): AuthorizationAnswer | undefined {
  const pod = query.get("pod") ?? "";
  const workload = mesh.workload(plainReader, pod);
  if (!workload || workload.proxy === "None") return undefined;
  const { authorization } =
    workload.proxy === "Gateway"
      ? mesh.gatewayPolicies(plainReader, `${workload.namespace}/${workload.workload}`)
      : mesh.podPolicies(plainReader, pod);
  const asked = query.has("method") || query.has("tcp");
  return {
    pod,
    policies: inForce(authorization),
    ...(asked && { verdict: judge(mesh, workload, authorization, query) }),
  };
}

function inForce(authorization: Authorization | undefined): PolicyInForce[] {
  if (!authorization) return [];
  const { custom, deny, allow, audit } = authorization;
  return [...custom.flatMap(({ policies }) => policies), ...deny, ...allow, ...audit].map((policy) => ({
    action: policy.action,
    namespace: policy.origin.namespace,
    name: policy.origin.name,
    rules: policy.rules.length,
    dryRun: policy.dryRun,
    ...(policy.action === "CUSTOM" && { provider: policy.provider }),
  }));
}

function judge(
  mesh: MeshRows,
  workload: Workload,
  authorization: Authorization | undefined,
  query: URLSearchParams,
): CallVerdict {
  const call = callOf(mesh, workload, query);
  if (workload.proxy === "Sidecar") {
    const mode = peerModeAt(
      mesh.peerModes(plainReader, `${workload.namespace}/${workload.name}`),
      call.destinationPort,
    );
    if (mode === "Strict" && call.peer === undefined) {
      return { allowed: false, reason: "it takes mutual TLS only: PeerAuthentication is STRICT", notes: [] };
    }
    if (mode === "Disable") delete call.peer;
  }
  const verdict = evaluate(authorization, call);
  return {
    allowed: verdict.allowed,
    reason: reasonOf(verdict, authorization?.allow ?? []),
    ...(verdict.by && { by: ruleRef(verdict.by) }),
    notes: notesOf(verdict),
  };
}

function callOf(mesh: MeshRows, workload: Workload, query: URLSearchParams): Call {
  const ports = mesh.inbound(plainReader, `${workload.namespace}/${workload.name}`);
  const tcp = query.has("tcp");
  const fitting = ports.find(({ port }) => isHttp(port.protocol) !== tcp) ?? ports[0];
  const path = query.get("path") ?? "/";
  const { trustDomain, pathNormalization } = mesh.settings(plainReader);
  const from = query.get("from");
  const [namespace = "", serviceAccount = ""] = (from ?? "").split("/");
  const ip = query.get("ip") ?? "";
  return {
    layer: tcp ? "TCP" : "HTTP",
    ...(from !== null && {
      peer: from.includes("://") ? from : formatSpiffeId({ trustDomain, namespace, serviceAccount }),
    }),
    sourceIp: ip,
    remoteIp: ip,
    destinationIp: workload.addresses[0] ?? "",
    destinationPort: Number(query.get("port") ?? fitting?.targetPort ?? 0),
    sni: query.get("sni") ?? "",
    headers: {
      ...Object.fromEntries(query.getAll("header").map((text) => parted(text.toLowerCase(), ":"))),
      ":method": query.get("method") ?? "",
      ":path": normalizedPath(path, pathNormalization),
      ":authority": query.get("host") ?? fitting?.services[0]?.host ?? "",
    },
    ...(query.has("claim") && { claims: Object.fromEntries(query.getAll("claim").map((text) => claimOf(text))) }),
  };
}

function parted(text: string, at: string): [string, string] {
  const end = text.indexOf(at);
  return end < 0 ? [text, ""] : [text.slice(0, end).trim(), text.slice(end + 1).trim()];
}

/** `groups=["a","b"]` is a list; `sub=alice` is a text. */
function claimOf(text: string): [string, unknown] {
  const [name, value] = parted(text, "=");
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value];
  }
}

function reasonOf({ allowed, by }: Verdict, allow: readonly AuthorizationPolicy[]): string {
  if (by) return by.policy.action === "CUSTOM" ? `${ruleText(by)} asks a provider that there is not` : ruleText(by);
  const enforced = allow.filter(({ dryRun }) => !dryRun).map(({ origin }) => `${origin.name}.${origin.namespace}`);
  if (!allowed) return `no rule of those that allow matches (${enforced.join(", ")})`;
  return "no policy denies it, and none says what alone is allowed";
}

function notesOf({ asks, audited, dryRun }: Verdict): string[] {
  return [
    ...asks.map(({ provider, rule }) => `${provider} is asked, and may deny: ${ruleText(rule)}`),
    ...audited.map((rule) => `audited: ${ruleText(rule)}`),
    ...dryRun.map(({ action, allowed, rule }) => {
      const what = rule ? ruleText(rule) : `no ${action} rule that is only tried matches`;
      return `only tried: would be ${allowed ? "allowed" : "denied"}: ${what}`;
    }),
  ];
}

function ruleText({ policy, index }: NamedRule): string {
  return `rule ${index} of ${policy.origin.name}.${policy.origin.namespace} (${policy.action})`;
}

function ruleRef({ policy, index }: NamedRule): RuleRef {
  const { namespace, name } = policy.origin;
  return { action: policy.action, namespace, policy: name, rule: index };
}
