/** What the status of a BackendTLSPolicy says, for each Gateway that sends to what it is about. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import { backendTlsPolicyKind } from "../../kinds/gateway-api/backend-tls-policy.ts";
import type { ParentRef } from "../../kinds/gateway-api/common.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import type { ParentResult } from "./attachments.ts";
import { type BackendTls, type BackendTlsPolicy, oldest } from "./backend-tls.ts";
import { condition, type Fault } from "./conditions.ts";
import { CONTROLLER_NAME } from "./gateways.ts";
import { GROUP } from "./objects.ts";

export interface PolicyStatus {
  ancestors: readonly { ancestorRef: ParentRef; controllerName: string; conditions: readonly ConditionRow[] }[];
}

/** That routes of a Gateway send to a Service: both `namespace/name`. */
interface Backend {
  gateway: string;
  service: string;
}

/** Which Services a route sends to, `namespace/name`. */
interface SendingRoutes {
  kind: string;
  parents: Collection<readonly ParentResult[]>;
  resolved: Collection<{ backends: readonly string[] }>;
}

export function wirePolicyStatuses(
  graph: Graph,
  routes: readonly SendingRoutes[],
  backendTls: BackendTls,
): Collection<StatusRow<PolicyStatus>> {
  const byService = routes.map(({ kind, parents, resolved }) => {
    const backends = graph.deriveMany<readonly ParentResult[], Backend>(
      `backends of ${kind}s`,
      parents,
      (key, all, read) => {
        const services = read.get(resolved, key)?.backends ?? [];
        const gateways = new Set(all.flatMap(({ listeners }) => listeners.map(({ gateway }) => gateway)));
        return [...gateways].flatMap((gateway) =>
          services.map((service): [string, Backend] => [`${key}|${gateway}|${service}`, { gateway, service }]),
        );
      },
    );
    return graph.index(backends, "service", ({ service }) => [service]);
  });
  return graph.derive("backend TLS policy statuses", backendTls.policies, (_key, policy, read) => {
    const { namespace, name, generation } = policy;
    const conditions = conditionsOf(policy, backendTls, read, generation);
    const ancestors = gatewaysOf(policy, byService, read).map((gateway) => ({
      ancestorRef: gatewayRef(gateway),
      controllerName: CONTROLLER_NAME,
      conditions,
    }));
    return { type: backendTlsPolicyKind.type, namespace, name, status: { ancestors } };
  });
}

/** The Gateway API allows so many. */
const MOST_ANCESTORS = 16;

function gatewaysOf({ targets }: BackendTlsPolicy, byService: readonly Index<Backend>[], read: Reader): string[] {
  const services = new Set(targets.map((target) => target.slice(0, target.indexOf("|"))));
  const rows = [...services].flatMap((service) =>
    byService.flatMap((index) => [...read.bucket(index, service).values()]),
  );
  return [...new Set(rows.map(({ gateway }) => gateway))].sort().slice(0, MOST_ANCESTORS);
}

function gatewayRef(key: string): ParentRef {
  const [namespace = "", name = ""] = key.split("/");
  return { group: GROUP, kind: "Gateway", namespace, name };
}

function conditionsOf(
  policy: BackendTlsPolicy,
  backendTls: BackendTls,
  read: Reader,
  generation: number,
): ConditionRow[] {
  return [
    condition("Accepted", generation, refusal(policy, backendTls, read), {
      reason: "Accepted",
      message: "Gateways speak TLS to the targets",
    }),
    condition("ResolvedRefs", generation, policy.refFault, {
      reason: "ResolvedRefs",
      message: "All references resolved",
    }),
  ];
}

function refusal(policy: BackendTlsPolicy, backendTls: BackendTls, read: Reader): Fault | undefined {
  if (!policy.tls) {
    const message = `requests to the targets get status 503: ${policy.refFault?.message ?? "no CA is named"}`;
    return { reason: "NoValidCACertificate", message };
  }
  for (const target of policy.targets) {
    const first = oldest(backendTls, read, target);
    if (!first || (first.namespace === policy.namespace && first.name === policy.name)) continue;
    const message = `BackendTLSPolicy ${first.namespace}/${first.name} is older and for the same ${target.split("|")[0]}`;
    return { reason: "Conflicted", message };
  }
  return undefined;
}
