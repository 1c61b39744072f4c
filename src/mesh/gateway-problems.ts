/** What keeps servers of Istio's Gateways from being served, as conditions of the Gateways. */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import { gatewayKind } from "../kinds/istio/gateway.ts";
import type { Gateway } from "../kinds/istio/gateway-schema.ts";
import { type Credentials, credentialProblem } from "./credentials.ts";
import type { GatewayServer } from "./gateway-model.ts";
import type { MeshInputs } from "./inputs.ts";
import type { IstioGateways } from "./istio-gateways.ts";
import type { ConditionRow, StatusRow } from "./status-row.ts";

interface Sources {
  istioGateways: IstioGateways;
  credentials: Credentials;
}

export function wireGatewayProblems(
  graph: Graph,
  { gateways }: Pick<MeshInputs, "gateways">,
  { istioGateways, credentials }: Sources,
): Collection<StatusRow> {
  return graph.derive<Gateway, StatusRow>("problems of Istio gateways", gateways, (key, { metadata }, read) => {
    const { name, namespace = "", generation = 0 } = metadata;
    const rows = [...read.bucket(istioGateways.byGateway, key).values()];
    const unresolved = new Set(rows.flatMap(({ server }) => unusable(server, credentials, read)));
    const conditions = failed("ResolvedRefs", "InvalidCertificateRef", unresolved, generation);
    if (conditions.length === 0) return undefined;
    return { type: gatewayKind.type, namespace, name, status: { conditions, observedGeneration: generation } };
  });
}

function failed(type: string, reason: string, messages: ReadonlySet<string>, generation: number): ConditionRow[] {
  if (messages.size === 0) return [];
  return [{ type, status: "False", reason, message: [...messages].join("\n"), observedGeneration: generation }];
}

function unusable({ name, tls }: GatewayServer, credentials: Credentials, read: Reader): string[] {
  return [...(tls?.certificates ?? []), tls?.clientRoots].flatMap((credential) => {
    if (typeof credential !== "object" || !("resource" in credential)) return [];
    const problem = credentialProblem(credentials, read, credential);
    if (problem === undefined) return [];
    return [`server ${name}: ${problem}; proxies that have an earlier certificate go on with it until they restart`];
  });
}
